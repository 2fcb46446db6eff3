import { z } from 'zod';
import { countBrokers } from '../../db/brokers.js';
import { missingParts } from '../../http/probes.js';
import type { BrokerKind } from '../../schemas/broker.js';
import { ApiProblem } from '../problem.js';
import { route } from '../route.js';
import type { Services } from '../services.js';

const tag = 'Health';

const Health = z.looseObject({ status: z.literal('ok') }).meta({ id: 'Health' });
const PartHealth = z.looseObject({ status: z.enum(['ok', 'not_configured']) }).meta({ id: 'PartHealth' });

const RETRY_SECONDS = 2;
const away = (detail: string) => new ApiProblem('unavailable', detail, { retryAfterSeconds: RETRY_SECONDS });

async function checkReady({ probes, isReady }: Services): Promise<{ status: 'ok' }> {
  if (!isReady()) throw away('this process is stopping');
  const missing = await missingParts(probes);
  if (missing.length > 0) throw away(`no answer from ${missing.join(' and ')}`);
  return { status: 'ok' };
}

const readiness = (path: '/healthz' | '/readyz') =>
  route({
    method: 'get',
    path,
    callers: ['open'],
    summary: 'Whether requests can be served: the database and Temporal answer',
    tag,
    answers: { 200: Health },
    handle: (_, services) => checkReady(services),
  });

const livezRoute = route({
  method: 'get',
  path: '/livez',
  callers: ['open'],
  summary: 'Whether the process runs',
  tag,
  answers: { 200: Health },
  handle: () => ({ status: 'ok' as const }),
});

const PARTS = ['temporal', 'db', 'redis', 'smtp', 'nats', 'amqp'] as const;
/** Null: there is none. */
const ASK: Record<(typeof PARTS)[number], (services: Services) => Promise<boolean | null>> = {
  temporal: ({ probes }) => probes.isUp('engine'),
  db: ({ probes }) => probes.isUp('database'),
  redis: async ({ probes }) => probes.isServerUp('redis'),
  smtp: async ({ probes }) => probes.isServerUp('smtp'),
  nats: async (services) => {
    const own = services.probes.isServerUp('nats');
    const others = await areConnected('nats', services);
    return own === null || others === false ? others : own;
  },
  amqp: (services) => areConnected('amqp', services),
};

/** Whether all brokers of a kind are connected, of whichever organisation; null where there are none. */
async function areConnected(kind: BrokerKind, { db }: Services): Promise<boolean | null> {
  const { all, connected } = await countBrokers(db, kind);
  return all === 0 ? null : connected === all;
}

const partRoute = route({
  method: 'get',
  path: '/api/health/:part',
  callers: ['open'],
  summary: 'Whether one thing that Mainspring uses answers',
  tag,
  params: z.object({ part: z.enum(PARTS) }),
  answers: { 200: PartHealth },
  async handle({ params }, services) {
    const isUp = await ASK[params.part](services);
    if (isUp === null) return { status: 'not_configured' as const };
    if (!isUp) throw away(`no answer from ${params.part}`);
    return { status: 'ok' as const };
  },
});

export const healthRoutes = [readiness('/healthz'), livezRoute, readiness('/readyz'), partRoute];
