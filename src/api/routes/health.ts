import { z } from 'zod';
import { missingParts, type Probes } from '../../http/probes.js';
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
/** Null: there is none, or nothing like it can be configured. */
const ASK: Record<(typeof PARTS)[number], (probes: Probes) => Promise<boolean> | null> = {
  temporal: (probes) => probes.isUp('engine'),
  db: (probes) => probes.isUp('database'),
  redis: (probes) => probes.isServerUp('redis'),
  smtp: (probes) => probes.isServerUp('smtp'),
  nats: () => null,
  amqp: () => null,
};

const partRoute = route({
  method: 'get',
  path: '/api/health/:part',
  callers: ['open'],
  summary: 'Whether one thing that Mainspring uses answers',
  tag,
  params: z.object({ part: z.enum(PARTS) }),
  answers: { 200: PartHealth },
  async handle({ params }, { probes }) {
    const isUp = ASK[params.part](probes);
    if (isUp === null) return { status: 'not_configured' as const };
    if (!(await isUp)) throw away(`no answer from ${params.part}`);
    return { status: 'ok' as const };
  },
});

export const healthRoutes = [readiness('/healthz'), livezRoute, readiness('/readyz'), partRoute];
