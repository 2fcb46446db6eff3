import type { Updateable } from 'kysely';
import type { CreatedOrg } from '../../src/api/create-org.js';
import type { AgentRow } from '../../src/db/agents.js';
import type { TaskTable } from '../../src/db/tables-of-tasks.js';
import { requestModelCalls, requestToolCalls } from '../../src/db/task-calls.js';
import { addMetrics } from '../../src/db/task-stages.js';
import type { NewTask, TaskRow } from '../../src/db/tasks.js';
import { anAgent } from './agents.js';
import { startTaskApi, type TaskApi } from './task-api.js';
import { aTask } from './tasks.js';

const HOUR_MS = 3_600_000;
const ago = (hours: number) => new Date(Date.now() - hours * HOUR_MS);

/** An organisation with an agent that is busy, one that fails and one that is idle, and what they did. */
export interface AgentsAtWork {
  api: TaskApi;
  org: CreatedOrg;
  agent: AgentRow;
  failing: AgentRow;
  idle: AgentRow;
  /** The ended tasks of the busy agent. */
  tasks: TaskRow[];
  ended(of: AgentRow, columns: Updateable<TaskTable>, over?: Partial<NewTask>): Promise<TaskRow>;
  get<T>(path: string, key?: string): Promise<T>;
}

export async function startAgentsAtWork(): Promise<AgentsAtWork> {
  const api = await startTaskApi();
  const org = await api.org();
  async function ended(
    of: AgentRow,
    columns: Updateable<TaskTable>,
    over: Partial<NewTask> = {},
  ): Promise<TaskRow> {
    const task = await aTask(api.database, of, { method: 'survey', prompt: null, ...over });
    const { created_at: from } = task;
    const run = { started_at: from, completed_at: new Date(from.getTime() + 1_000), overdue_at: null };
    return api.database.db
      .updateTable('tasks')
      .set({ status: 'completed', ...run, ...columns })
      .where('id', '=', task.id)
      .returningAll()
      .executeTakeFirstOrThrow();
  }
  const get = async <T>(path: string, key = org.key) => {
    const answer = await api.send(`/api/agents${path}`, { key });
    if (answer.status !== 200) throw new Error(answer.text);
    return answer.json<T>();
  };
  const tasks: TaskRow[] = [];
  const agent = await api.surveyor(org, { name: 'busy', created_at: ago(3) });
  const failing = await anAgent(api.database, {
    ...{ orgId: org.orgId, name: 'failing', type: 'OTHER', created_at: ago(2) },
    ...{ environment: api.vault.seal('{}'), settings: api.vault.seal('{}') },
  });
  const idle = await api.surveyor(org, { name: 'idle', created_at: ago(1) });
  const used = { input_tokens: 10, output_tokens: 5, cost_nanos: 2_000_000_000 };
  tasks.push(await ended(agent, used, { createdAt: ago(2.5) }));
  tasks.push(await ended(agent, { ...used, completed_at: ago(1.5) }, { createdAt: ago(1.501) }));
  tasks.push(
    await ended(agent, { status: 'cancelled', error_category: 'cancelled', error_message: 'was cancelled' }),
  );
  const failed = { status: 'failed' as const, error_category: 'tool' as const };
  await ended(failing, { ...failed, error_message: 'older', completed_at: ago(1), cost_nanos: null });
  await ended(failing, { ...failed, error_message: 'newer' });
  await ended(agent, {}, { createdAt: ago(24 * 6) });
  await ended(agent, {}, { createdAt: ago(24 * 40) });
  await aTask(api.database, agent);
  await api.begin(await aTask(api.database, agent));
  await addCalls(api, tasks[0]);
  return { api, org, agent, failing, idle, tasks, ended, get };
}

async function addCalls(api: TaskApi, task: TaskRow | undefined): Promise<void> {
  if (!task) throw new Error('there is no task');
  const { db } = api.database;
  const place = (index: number) => ({ id: `${task.id}.execute.${index}`, place: `execute.${index}` });
  const call = { name: 'pay', arguments: {}, modelCallRef: null };
  await requestToolCalls(
    db,
    task,
    [0, 1, 2].map((index) => ({ ...place(index), ...call })),
  );
  const became = (index: number, columns: object) =>
    db.updateTable('tool_calls').set(columns).where('id', '=', place(index).id).execute();
  await became(0, { status: 'completed', duration_ms: 10 });
  await became(1, { status: 'failed', duration_ms: 30 });
  await became(2, { status: 'refused' });
  await requestModelCalls(db, task, [{ ...place(3), request: {} }]);
  await db
    .updateTable('model_calls')
    .set({
      status: 'completed',
      provider: 'google',
      model: 'gemini-pro',
      input_tokens: 7,
      cost_nanos: 500_000_000,
    })
    .where('task_id', '=', task.id)
    .execute();
  await addMetrics(db, task, new Map([['surveys', 3]]), new Date());
  await addMetrics(db, task, new Map([['surveys', 2]]), new Date());
}
