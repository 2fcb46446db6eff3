import { ApplicationFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import {
  createCallModel,
  createMakeModelCall,
  type MakeModelCall,
} from '../../src/activities/task/call-model.js';
import { type Config, readConfig } from '../../src/config.js';
import type { AgentRow } from '../../src/db/agents.js';
import type { Database } from '../../src/db/database.js';
import { getModelCall } from '../../src/db/task-calls.js';
import { beginTask, getTask, type TaskRow } from '../../src/db/tasks.js';
import { TOLD_IN_ROW } from '../../src/domain/task-outcome.js';
import { callId } from '../../src/messages/task.js';
import { createAgentModels } from '../../src/models/agent-models.js';
import { createAsk } from '../../src/models/ask.js';
import { anAgent } from './agents.js';
import { silentLog } from './databases.js';
import type { ModelServer } from './model-server.js';
import { aTask } from './tasks.js';
import { newVault } from './vault.js';

const vault = newVault();
export const sealed = (value: object) => vault.seal(JSON.stringify(value));
const DOLLAR = { input: 1, output: 1 };

/** One of four; without the lines that a worker logs of a failure. */
export const attemptOf = (attempt: number) =>
  new MockActivityEnvironment(
    { attempt, retryPolicy: { maximumAttempts: 4 } },
    { logger: new DefaultLogger('ERROR') },
  );

/** The failure of an activity, undefined where it did not fail. */
export const failureOf = (made: Promise<unknown>): Promise<ApplicationFailure | undefined> =>
  made.then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof ApplicationFailure) return error;
      throw error;
    },
  );

export interface Attempt {
  place?: string;
  attempt?: number;
  config?: Partial<Config>;
  environment?: MockActivityEnvironment;
  /** Of a worker that makes several attempts. */
  make?: MakeModelCall;
}

/** Agents, tasks and the activity that makes their calls of models, on a database and a server of models. */
export function modelCalls(database: () => Database, server: () => ModelServer) {
  const db = () => database().db;

  const configOf = (over: Partial<Config> = {}): Config => ({
    ...readConfig({ LLM_TIMEOUT: '5' }),
    ...{ LLM_ENDPOINT: `${server().url}/v1`, LLM_MODEL: 'mine', MODEL_PRICES: { mine: DOLLAR } },
    ...over,
  });

  /** As a worker keeps it. */
  function activity(over: Partial<Config> = {}): MakeModelCall {
    const config = configOf(over);
    return createMakeModelCall({
      ...{ database: database(), vault, config, catalogue: { tools: new Map() }, log: silentLog },
      models: createAgentModels(config, vault),
      ask: createAsk({ config, guardedFetch: fetch }),
      pausesMs: [10, 20, 30],
    });
  }

  /** One attempt of the activity, the last one of four. */
  async function callModel(task: TaskRow, over: Attempt = {}) {
    const { place = 'execute.0', attempt = 4, make = activity(over.config) } = over;
    const environment = over.environment ?? attemptOf(attempt);
    const ref = { orgId: task.org_id, taskId: task.id, place };
    return environment
      .run(createCallModel(database(), make), ref)
      .catch((error: unknown) => told(task, error));
  }

  /** A failure as people read it: what it says stands in the row of its task. */
  async function told(task: TaskRow, error: unknown): Promise<never> {
    if (!(error instanceof ApplicationFailure) || error.message !== TOLD_IN_ROW) throw error;
    const { type, nonRetryable, nextRetryDelay } = error;
    const message = (await rowOf(task))?.error_message ?? '';
    throw ApplicationFailure.create({
      ...{ message, type: type ?? '', nonRetryable: nonRetryable === true },
      ...(nextRetryDelay ? { nextRetryDelay } : {}),
    });
  }
  async function someAgent(
    over: Partial<Omit<AgentRow, 'limits'>> & { orgId?: string; limits?: object } = {},
  ): Promise<AgentRow> {
    const { limits, ...columns } = over;
    const agent = await anAgent(database(), {
      ...{ settings: sealed({}), environment: sealed({}) },
      instruction: { systemPrompt: 'You sell bicycles.', guidelines: [] },
      ...columns,
    });
    if (!limits) return agent;
    return db()
      .updateTable('agents')
      .set({ limits: JSON.stringify(limits) })
      .where('id', '=', agent.id)
      .returningAll()
      .executeTakeFirstOrThrow();
  }

  async function running(agent: AgentRow, over: Parameters<typeof aTask>[2] = {}): Promise<TaskRow> {
    const task = await aTask(database(), agent, over);
    const begun = await beginTask(db(), { orgId: task.org_id, id: task.id }, new Date());
    if (!begun) throw new Error('the task did not begin');
    return begun;
  }

  const rowOf = async (task: TaskRow) => getTask(db(), task.org_id, task.id);
  const callOf = (task: TaskRow, place = 'execute.0') =>
    getModelCall(db(), task.org_id, callId(task.id, place));

  return { db, activity, callModel, someAgent, running, rowOf, callOf };
}
