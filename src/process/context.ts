import type { Client } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import type { NativeConnection } from '@temporalio/worker';
import { createOwnNats, type OwnNats } from '../brokers/own-nats.js';
import type { Config } from '../config.js';
import type { ContainerRuntime } from '../containers/container-runtime.js';
import { createDockerRuntime } from '../containers/docker.js';
import type { Database } from '../db/database.js';
import { migrate } from '../db/migrate.js';
import { openDatabase } from '../db/open.js';
import { dataConverterOf } from '../engine/data-converter.js';
import { type OpenEngine, openEngine } from '../engine/open.js';
import type { Report } from '../engine/report.js';
import { installRuntime } from '../engine/runtime.js';
import { createSchedules, type Schedules } from '../engine/schedules.js';
import { createStarter, type Starter } from '../engine/starter.js';
import type { Catalogue } from '../hosted/catalogue.js';
import { loadCatalogue } from '../hosted/index.js';
import type { Log } from '../log.js';
import { createMailboxes, type Mailboxes } from '../mailboxes/mailboxes.js';
import { createMailer, type Mailer } from '../mailer.js';
import { nameAgentTypes } from '../metrics.js';
import { type AgentModels, createAgentModels } from '../models/agent-models.js';
import type { GuardOptions } from '../outbound/guard.js';
import { createRedis, type Redis } from '../redis.js';
import { createScheduling, type Scheduling } from '../schedules/scheduling.js';
import { secretKeysOf } from '../secrets/secret-keys.js';
import { createVault, type Vault } from '../secrets/vault.js';
import { createTasks, type Tasks } from '../tasks/tasks.js';
import { createTimers, type Timers } from '../timers/timers.js';
import { startTracing, type Tracing } from '../tracing.js';
import type { Step } from './shutdown.js';

/** What every part of a process needs, opened once. */
export interface Context {
  config: Config;
  log: Log;
  database: Database;
  vault: Vault;
  starter: Starter;
  timers: Timers;
  tasks: Tasks;
  /** What puts messages into the mailboxes of agents. */
  mailboxes: Mailboxes;
  /** What runs the agents that have an image; it is not asked before one is started. */
  containers: ContainerRuntime;
  /** Schedules as Temporal has them. */
  schedules: Schedules;
  /** Schedules as rows, which Temporal follows. */
  scheduling: Scheduling;
  /** The agents and tools whose code is here. */
  catalogue: Catalogue;
  /** What agents may ask. */
  models: AgentModels;
  /** Undefined where no endpoint for traces is configured. */
  tracing?: Tracing | undefined;
  /** Undefined where no server is configured. */
  redis?: Redis | undefined;
  /** Undefined where no server is configured. */
  nats?: OwnNats | undefined;
  /** Undefined where no server is configured. */
  mailer?: Mailer | undefined;
  /** Where outbound requests may go. */
  guard: GuardOptions;
  client: Client;
  /** Shared by the client and the workers of the process, so that workflows can start eagerly. */
  connection: NativeConnection;
  namespace: string;
  /** Of the Temporal server. */
  address: string;
  dataConverter: DataConverter;
}

export interface OpenContext extends Context {
  /** What closes it, in this order, after API and workers have ended. */
  closing: Step[];
}

export interface ContextWishes {
  /** The whole of Mainspring in this process: it may own an embedded database and a Temporal dev server. */
  isWhole: boolean;
  report: Report;
}

function contextOf(
  {
    config,
    log,
    vault,
    database,
    tracing,
    catalogue,
  }: Pick<Context, 'config' | 'log' | 'vault' | 'database' | 'tracing' | 'catalogue'>,
  engine: OpenEngine,
): OpenContext {
  const { client, connection, namespace, address } = engine;
  const starter = createStarter({
    ...{ client, log, temporalUiUrl: config.temporalUiUrl },
    mayBeginHere: config.WORKER_DEPLOYMENT_NAME === undefined,
  });
  const redis = createRedis(config, log);
  const nats = createOwnNats(config);
  const schedules = createSchedules(client);
  return {
    ...{ config, log, vault, database, tracing, catalogue, client, connection, namespace, address, starter },
    timers: createTimers({ database, starter }),
    tasks: createTasks({ database, starter, vault, config }),
    mailboxes: createMailboxes({ database, starter }),
    containers: createDockerRuntime(config),
    schedules,
    scheduling: createScheduling({ database, schedules, log }),
    models: createAgentModels(config, vault),
    ...{ redis, nats },
    mailer: createMailer(config),
    guard: { allow: config.OUTBOUND_ALLOW, allowLoopback: !config.isProduction },
    dataConverter: dataConverterOf(config),
    closing: [
      { name: 'starter', run: async () => starter.close() },
      { name: 'Redis', run: async () => redis?.close() },
      { name: 'NATS', run: async () => nats?.close() },
      { name: 'traces', run: async () => tracing?.close() },
      { name: 'connection to Temporal', run: engine.closeConnection },
      { name: 'database', run: () => database.close() },
      { name: 'Temporal server', run: engine.stopServer },
    ],
  };
}

/** Opens and migrates the database, finds or starts Temporal. Throws with one sentence; nothing is left open then. */
export async function openContext(
  config: Config,
  log: Log,
  { isWhole, report }: ContextWishes,
): Promise<OpenContext> {
  const catalogue = await loadCatalogue(config);
  nameAgentTypes(catalogue.agents.map(({ type }) => type));
  const vault = createVault(secretKeysOf(config));
  installRuntime(config, log);
  const tracing = startTracing(config);
  // First, because the embedded database has one owner: a second start must not touch the server of the first.
  const database = await openDatabase(config, log);
  try {
    await migrate(database.db);
    const engine = await openEngine(config, log, {
      ...{ maySpawn: isWhole, report },
      plugins: tracing ? [tracing.plugin] : [],
    });
    return contextOf({ config, log, vault, database, tracing, catalogue }, engine);
  } catch (error) {
    await database.close();
    throw error;
  }
}
