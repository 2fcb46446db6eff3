import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { v7 as newId } from 'uuid';
import { type CreatedOrg, createOrg } from '../../src/api/create-org.js';
import { type RunningApi, startApi } from '../../src/api/start.js';
import { createOwnNats } from '../../src/brokers/own-nats.js';
import { readConfig } from '../../src/config.js';
import { createDockerRuntime } from '../../src/containers/docker.js';
import type { Database } from '../../src/db/database.js';
import { dataConverterOf } from '../../src/engine/data-converter.js';
import { createSchedules } from '../../src/engine/schedules.js';
import { createStarter } from '../../src/engine/starter.js';
import { loadCatalogue } from '../../src/hosted/index.js';
import type { Log } from '../../src/log.js';
import { createMailboxes } from '../../src/mailboxes/mailboxes.js';
import { createMailer } from '../../src/mailer.js';
import { createAgentModels } from '../../src/models/agent-models.js';
import type { Context } from '../../src/process/context.js';
import { createRedis } from '../../src/redis.js';
import { createScheduling } from '../../src/schedules/scheduling.js';
import type { Problem } from '../../src/schemas/problem.js';
import { createVault, type Vault } from '../../src/secrets/vault.js';
import { createTasks } from '../../src/tasks/tasks.js';
import { createTimers } from '../../src/timers/timers.js';
import { databases, silentLog } from './databases.js';

export const TEST_SECRET_KEYS = `test:${Buffer.alloc(32, 7).toString('base64')}`;
export const DEMO_KEY = 'mnt_demo_key_pro';

export interface TestApiOptions {
  env?: Record<string, string>;
  database?: Database;
  log?: Log;
  /** By default the run's server. */
  temporalAddress?: string;
}

export interface Sent {
  method?: string;
  key?: string;
  token?: string;
  headers?: Record<string, string>;
  /** Sent as JSON, or as it is when it is text or bytes. */
  body?: unknown;
}

/** The real API on a free port, with the embedded database and the run's Temporal server. */
export interface TestApi {
  url: string;
  api: RunningApi;
  database: Database;
  vault: Vault;
  send(path: string, sent?: Sent): Promise<Answer>;
  org(id?: string): Promise<CreatedOrg>;
  close(): Promise<void>;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  json<T = Record<string, unknown>>(): T;
  problem(): Problem;
}

function temporalAddress(): string {
  const address = process.env.MAINSPRING_TEST_TEMPORAL;
  if (!address) throw new Error('the run has no Temporal server: see test/support/surroundings.ts');
  return address;
}

export async function openTestContext({
  env = {},
  database,
  log = silentLog,
  temporalAddress: address = temporalAddress(),
}: TestApiOptions): Promise<Context> {
  const config = readConfig({
    NODE_ENV: 'test',
    HOST: '127.0.0.1',
    PORT: '0',
    RATE_LIMITS: env.NODE_ENV === 'production' ? 'on' : 'off',
    SECRET_KEYS: TEST_SECRET_KEYS,
    ...env,
  });
  const [embedded] = databases;
  if (!embedded) throw new Error('there is no database to test on');
  const connection = await NativeConnection.connect({ address });
  const dataConverter = dataConverterOf(config);
  const namespace = config.TEMPORAL_NAMESPACE;
  const client = new Client({ connection, namespace, dataConverter });
  const opened = database ?? (await embedded.open());
  const starter = createStarter({
    ...{ client, log, temporalUiUrl: config.temporalUiUrl },
    mayBeginHere: config.WORKER_DEPLOYMENT_NAME === undefined,
  });
  const vault = createVault(config.SECRET_KEYS);
  const schedules = createSchedules(client);
  return {
    ...{ config, log, connection, client, namespace, dataConverter, starter },
    database: opened,
    schedules,
    scheduling: createScheduling({ database: opened, schedules, log }),
    timers: createTimers({ database: opened, starter }),
    tasks: createTasks({ database: opened, starter, vault, config }),
    mailboxes: createMailboxes({ database: opened, starter }),
    containers: createDockerRuntime(config),
    catalogue: await loadCatalogue(config),
    models: createAgentModels(config, vault),
    redis: createRedis(config, log),
    nats: createOwnNats(config),
    mailer: createMailer(config),
    guard: { allow: config.OUTBOUND_ALLOW, allowLoopback: !config.isProduction },
    vault,
    address,
  };
}

async function send(url: string, path: string, { method, key, token, headers, body }: Sent): Promise<Answer> {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  const response = await fetch(url + path, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(key === undefined ? {} : { 'x-api-key': key }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    redirect: 'manual',
    ...(body === undefined ? {} : { body: isRaw ? new Uint8Array(Buffer.from(body)) : JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = () => JSON.parse(text);
  return { status: response.status, headers: response.headers, text, json, problem: json };
}

export async function startTestApi(options: TestApiOptions = {}): Promise<TestApi> {
  return serveTestApi(await openTestContext(options), options);
}

export async function serveTestApi(context: Context, options: TestApiOptions): Promise<TestApi> {
  const { database, vault } = context;
  const api = await startApi(context);
  const url = `http://127.0.0.1:${api.port}`;
  return {
    url,
    api,
    database,
    vault,
    send: (path, sent = {}) => send(url, path, sent),
    async org(orgId = `org-${newId().slice(-12)}`) {
      const wish = { orgId, name: orgId, tier: 'pro' as const };
      const created = await createOrg({ db: database.db, vault, now: Date.now() }, wish);
      if (!created) throw new Error(`${orgId} is there already`);
      return created;
    },
    async close() {
      await api.close();
      context.starter.close();
      context.redis?.close();
      await context.nats?.close();
      if (!options.database) await database.close();
      await context.connection.close();
    },
  };
}
