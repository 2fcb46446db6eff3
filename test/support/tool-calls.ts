import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createCallTool } from '../../src/activities/task/call-tool.js';
import type { QuestionOfTool } from '../../src/activities/task/question-of-tool.js';
import { readConfig } from '../../src/config.js';
import { type AgentRow, updateAgent } from '../../src/db/agents.js';
import type { Database } from '../../src/db/database.js';
import { readEvents } from '../../src/db/events.js';
import { getToolCall, requestToolCalls, type ToolCallRow } from '../../src/db/task-calls.js';
import { beginTask, getTask, type TaskRow } from '../../src/db/tasks.js';
import { insertTool, type NewTool } from '../../src/db/tools.js';
import { createSchedules } from '../../src/engine/schedules.js';
import { createStarter } from '../../src/engine/starter.js';
import type { Catalogue, CodedTool } from '../../src/hosted/catalogue.js';
import { callId, type ToolOutcome } from '../../src/messages/task.js';
import { createGuardedFetch } from '../../src/outbound/guarded-fetch.js';
import type { AgentDefinition } from '../../src/plugin/define-agent.js';
import type { ToolDefinition } from '../../src/plugin/define-tool.js';
import { createScheduling } from '../../src/schedules/scheduling.js';
import { createTasks } from '../../src/tasks/tasks.js';
import type { BuiltinTool } from '../../src/tools/builtin.js';
import { anAgent } from './agents.js';
import { silentLog } from './databases.js';
import { aTask } from './tasks.js';
import { newVault } from './vault.js';

const vault = newVault();
export const plugin = (tool: ToolDefinition): CodedTool => ({ kind: 'plugin', tool });
export const builtin = (tool: BuiltinTool): CodedTool => ({ kind: 'builtin', tool });

/** A worker's view of one attempt at a call. */
export const attempt = () => new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });

export interface ToolCallsOptions {
  code?: CodedTool[];
  definitions?: AgentDefinition[];
  handlers?: Catalogue['handlers'];
  askModel?: QuestionOfTool;
}
const unasked: QuestionOfTool = () => async () => {
  throw new Error('the test asks no model');
};

/** Agents, tools, tasks and the activity that makes their calls of tools, on a database. */
export function toolCalls(
  database: () => Database,
  { code = [], definitions = [], handlers = new Map(), askModel = unasked }: ToolCallsOptions = {},
) {
  const db = () => database().db;
  const catalogue = {
    agents: definitions,
    tools: new Map(code.map((coded) => [coded.tool.name, coded])),
    handlers,
  };
  const started: string[] = [];
  // Connects when it is first used.
  const client = new Client();
  const guardedFetch = createGuardedFetch({
    ...{ allow: [], allowLoopback: true, timeoutMs: 10_000, mostBytes: 1_000_000 },
  });

  const activity = (now: () => number = Date.now) =>
    createCallTool({
      ...{
        database: database(),
        catalogue,
        guardedFetch,
        download: guardedFetch,
        vault,
        client,
        now,
        log: silentLog,
      },
      scheduling: createScheduling({
        database: database(),
        schedules: createSchedules(client),
        log: silentLog,
      }),
      starter: createStarter({ client, log: silentLog, temporalUiUrl: 'http://localhost' }),
      tasks: createTasks({
        database: database(),
        starter: {
          startTask: async ({ taskId }) => void started.push(taskId),
          tryCancelTask: async () => undefined,
          ensureEndpoint: async () => undefined,
          wakeEndpoint: () => undefined,
          wakeMailbox: () => undefined,
        },
        ...{ vault, config: readConfig({}) },
      }),
      askModel,
      config: readConfig({ APPROVAL_TIMEOUT_SECONDS: '600' }),
    });

  async function aTool(agent: AgentRow, name: string, over: Partial<NewTool> & { settings?: object } = {}) {
    const { settings = {}, ...columns } = over;
    const tool = await insertTool(db(), {
      ...{ id: randomUUID(), orgId: agent.org_id, name, version: '1', description: '', category: null },
      ...{
        schema: { input: { type: 'object' } },
        status: 'active',
        kind: 'builtin',
        requiresApproval: false,
      },
      config: vault.seal(JSON.stringify(settings)),
      ...columns,
    });
    if (!tool) throw new Error('the tool is there already');
    return tool;
  }

  /** An agent of an organisation of its own, with the tools of these names. */
  async function agentWith(names: string[], over: Partial<NewTool> = {}): Promise<AgentRow> {
    const agent = await anAgent(database(), { tools: names });
    for (const name of names) await aTool(agent, name, over);
    return agent;
  }

  async function running(agent: AgentRow, over: Parameters<typeof aTask>[2] = {}): Promise<TaskRow> {
    const { id } = await aTask(database(), agent, over);
    const task = await beginTask(db(), { orgId: agent.org_id, id }, new Date());
    if (!task) throw new Error('the task did not begin');
    return task;
  }

  /** A call that a model or code asked for. */
  async function asked(
    task: TaskRow,
    name: string,
    args: unknown = {},
    place = 'execute.0.0',
  ): Promise<string> {
    const id = callId(task.id, place);
    await requestToolCalls(db(), task, [{ id, place, name, arguments: args, modelCallRef: 'model-call' }]);
    return place;
  }

  interface Look {
    now?: () => number;
    environment?: MockActivityEnvironment;
  }
  const look = (task: TaskRow, place = 'execute.0.0', { now, environment = attempt() }: Look = {}) =>
    environment.run(activity(now), { orgId: task.org_id, taskId: task.id, place }) as Promise<ToolOutcome>;

  async function callOf(task: TaskRow, place = 'execute.0.0'): Promise<ToolCallRow> {
    const call = await getToolCall(db(), task.org_id, callId(task.id, place));
    if (!call) throw new Error('there is no such call');
    return call;
  }

  /** Asks for a call, makes it, and answers its row. */
  async function call(task: TaskRow, name: string, args: unknown = {}, place?: string): Promise<ToolCallRow> {
    await look(task, await asked(task, name, args, place));
    return callOf(task, place);
  }

  const rowOf = async (task: TaskRow): Promise<TaskRow> => {
    const row = await getTask(db(), task.org_id, task.id);
    if (!row) throw new Error('the task is gone');
    return row;
  };
  const eventsOf = async (task: TaskRow) =>
    (await readEvents(db(), { orgId: task.org_id, subject: task.id, limit: 100 })).map(({ type, data }) => ({
      type,
      data,
    }));
  const change = (agent: AgentRow, columns: Parameters<typeof updateAgent>[2]) =>
    updateAgent(db(), agent, columns, { raisesConfig: true });

  return { db, started, aTool, agentWith, running, asked, look, call, callOf, rowOf, eventsOf, change };
}
