import { randomUUID } from 'node:crypto';
import type { CreatedOrg } from '../../src/api/create-org.js';
import { getTask, type TaskRow } from '../../src/db/tasks.js';
import { type IntakeOptions, startIntake } from '../../src/intake/intake.js';
import type { RunningPart } from '../../src/process/shutdown.js';
import { createRedis, type Redis } from '../../src/redis.js';
import type { Tasks } from '../../src/tasks/tasks.js';
import { silentLog } from './databases.js';
import { type RedisServer, startRedis } from './redis-server.js';
import { startTaskApi, type TaskApi } from './task-api.js';
import { until } from './until.js';

const ORG = 'org-of-streams';
export const GROUP = 'agent_service';
export const TIMES = { claimAfterMs: 200, claimEveryMs: 100, removeAfterMs: 1_500, keepMs: 86_400_000 };

/** What was added to the result stream. */
type Result = Record<string, unknown>;

/** A Redis server, and an organisation with the agent `MyAgent` that can be asked for a survey; no worker. */
export interface Streams {
  api: TaskApi;
  org: CreatedOrg;
  server: RedisServer;
  redis: Redis;
  /** Streams of its own for each test. */
  begin(): Streamed;
  close(): Promise<void>;
}

export interface Streamed {
  stream: string;
  /** An intake of these streams, in this process. */
  start(over?: Partial<IntakeOptions>, env?: Partial<IntakeOptions['config']>): RunningPart;
  add(fields: Record<string, string>): Promise<string>;
  addSurvey(taskId: string, category?: string): Promise<string>;
  /** Once it is there. */
  task(id: string): Promise<TaskRow>;
  hasTask(id: string): Promise<boolean>;
  pendingCount(): Promise<number>;
  consumers(): Promise<string[]>;
  /** Once nothing is pending. */
  settled(): Promise<void>;
  results(): Promise<Result[]>;
  /** As it is, but for how tasks are submitted. */
  submitting(submit: Tasks['submit']): { tasks: Tasks };
  close(): Promise<void>;
}

export async function openStreams(): Promise<Streams> {
  const server = await startRedis();
  const api = await startTaskApi({ REDIS_URL: server.url, REDIS_ORG: ORG });
  const org = await api.org(ORG);
  await api.surveyor(org, { name: 'MyAgent' });
  const redis = createRedis({ REDIS_URL: server.url, REDIS_DB: 0 }, silentLog);
  if (!redis) throw new Error('REDIS_URL is set');
  await until(() => redis.commands.isReady);
  return {
    ...{ api, org, server, redis },
    begin: () => streamed(api, redis),
    async close() {
      redis.close();
      await api.close();
      await server.stop();
    },
  };
}

function streamed(api: TaskApi, { commands }: Redis): Streamed {
  const stream = `tasks-${randomUUID()}`;
  const results = `${stream}:results`;
  const running: RunningPart[] = [];
  const add = (fields: Record<string, string>) => commands.xAdd(stream, '*', fields);
  const find = (id: string) => getTask(api.database.db, ORG, id);
  const pendingCount = async () => (await commands.xPending(stream, GROUP)).pending;
  return {
    ...{ stream, add, pendingCount },
    start(over = {}, env = {}) {
      const config = { ...api.context.config, TASK_STREAM: stream, RESULT_STREAM: results, ...env };
      const part = startIntake({ ...api.context, config, times: TIMES, ...over });
      if (!part) throw new Error('there is a server');
      running.push(part);
      return part;
    },
    addSurvey(taskId, category = 'toys') {
      const task = { agent_name: 'MyAgent', method_name: 'survey', input: { category } };
      return add({ task_id: taskId, agent_name: 'MyAgent', payload: JSON.stringify(task) });
    },
    async task(id) {
      await until(async () => (await find(id)) !== undefined);
      return (await find(id)) as TaskRow;
    },
    hasTask: async (id) => (await find(id)) !== undefined,
    consumers: async () => (await commands.xInfoConsumers(stream, GROUP)).map(({ name }) => name),
    settled: () => until(async () => (await pendingCount().catch(() => 1)) === 0),
    async results() {
      const entries = (await commands.xRange(results, '-', '+')) ?? [];
      return entries.map(({ message }) => JSON.parse(message.payload ?? ''));
    },
    submitting: (submit) => ({ tasks: { ...api.context.tasks, submit } }),
    async close() {
      for (const part of running) await part.close();
    },
  };
}
