import { setMaxListeners } from 'node:events';
import { createHeartbeats } from '../agents/heartbeats.js';
import { createPresences } from '../agents/presences.js';
import { createAgentSessions } from '../engine/agent-sessions.js';
import { createTaskWorkers } from '../engine/task-workers.js';
import { ensureHosted } from '../hosted/ensure-hosted.js';
import { closeServer, listen, urlOf } from '../http/listen.js';
import { createProbes } from '../http/probes.js';
import type { Log } from '../log.js';
import { collectProcessMetrics } from '../metrics.js';
import type { Context } from '../process/context.js';
import { mintAdminToken } from './admin-token.js';
import { createApp } from './app.js';
import { createAuthenticate } from './authenticate.js';
import { createConnectLimit } from './connect-limit.js';
import { DEMO_KEY } from './keys.js';
import { createGuessLimit, createRateLimit } from './rate-limit.js';
import { createRetelling } from './retelling.js';
import { routes } from './routes.js';
import { seedDemo } from './seed-demo.js';
import { createHttpServer } from './server.js';
import type { Services } from './services.js';

/** Requests that are under way have this long to end when the process stops. */
const PATIENCE_MS = 5_000;

export interface RunningApi {
  /** Where it listens, as this machine reaches it. */
  url: string;
  port: number;
  /** What a person needs for a first request. */
  facts: [label: string, value: string][];
  /** Answers `/readyz` with 503 from now on. */
  beginShutdown(): void;
  /** Ends streams and long polls, then the connections; what was acknowledged has been answered. */
  close(): Promise<void>;
}

function createServices(context: Context, stopping: Stopping): Services {
  const { config, log, database, vault, starter, timers, guard, client } = context;
  const { tasks, mailboxes, containers, catalogue, models, redis, nats, mailer, schedules, scheduling } =
    context;
  const clock = Date.now;
  const probes = createProbes(database, client, clock, {
    smtp: mailer && (() => mailer.verify()),
    redis: redis && (() => redis.ping()),
    nats: nats && (() => nats.ping()),
  });
  const isEngineUp = () => probes.isUp('engine');
  return {
    ...{ config, log, database, vault, starter, timers, guard, clock },
    ...{ tasks, mailboxes, containers, catalogue, models, schedules, scheduling },
    db: database.db,
    codec: context.dataConverter.payloadCodecs?.[0],
    probes,
    presences: createPresences(database.db),
    sessions: createAgentSessions(client),
    taskWorkers: createTaskWorkers(client, clock),
    heartbeats: createHeartbeats({ database, isEngineUp, log, clock }),
    retelling: createRetelling(clock),
    connectLimit: createConnectLimit(),
    guesses: createGuessLimit(),
    isReady: () => !stopping.hasBegun,
    stopping: stopping.streams.signal,
  };
}

interface Stopping {
  hasBegun: boolean;
  streams: AbortController;
}

/** Development has a key that everybody knows and a token for the day; production has neither. */
async function seed({ config, database, vault, catalogue }: Context): Promise<RunningApi['facts']> {
  if (config.isProduction) return [];
  const withSampleData = config.NODE_ENV === 'development';
  const org = await seedDemo(database, { vault, catalogue, withSampleData });
  const token = await mintAdminToken(vault, { ...org, now: Date.now() });
  return [
    ['API key', DEMO_KEY],
    ['Admin token', token],
  ];
}

/** Runs the API of a process. Throws the system's error when the address cannot be had. */
export async function startApi(context: Context): Promise<RunningApi> {
  const { config, log } = context;
  const stopping: Stopping = { hasBegun: false, streams: new AbortController() };
  // Every request that waits listens to it: there are many, and none of them leaks.
  setMaxListeners(0, stopping.streams.signal);
  const services = createServices(context, stopping);
  const { authenticate, close: stopListening } = createAuthenticate(services);
  const app = createApp({ routes, services, authenticate, rateLimit: createRateLimit(config) });
  const handle = app.callback();
  const server = createHttpServer((req, res) => void handle(req, res));
  const facts = await seed(context);
  await ensureHosted(context.database.db, context.catalogue, context.vault);
  const port = await listen(server, { host: config.host, port: config.PORT, setting: 'PORT' });
  services.heartbeats.begin();
  collectProcessMetrics();
  warnOfOpenLimits(log, config.RATE_LIMITS);
  return {
    url: urlOf(config.host, port),
    port,
    facts,
    beginShutdown() {
      stopping.hasBegun = true;
    },
    async close() {
      stopping.hasBegun = true;
      const closed = closeServer(server, PATIENCE_MS);
      stopping.streams.abort();
      await closed;
      stopListening();
      await services.heartbeats.close();
    },
  };
}

function warnOfOpenLimits(log: Log, areLimited: boolean): void {
  if (!areLimited) log.warn('Rate limits are off');
}
