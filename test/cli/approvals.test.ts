import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { CreatedOrg } from '../../src/api/create-org.js';
import type { AgentRow } from '../../src/db/agents.js';
import { requestToolCalls } from '../../src/db/task-calls.js';
import { commandLine } from '../support/command-line.js';
import { startTaskApi, type TaskApi } from '../support/task-api.js';
import { aTask } from '../support/tasks.js';

let api: TaskApi;
let org: CreatedOrg;
let agent: AgentRow;
beforeAll(async () => {
  api = await startTaskApi();
  org = await api.org();
  agent = await api.surveyor(org);
});
afterAll(() => api.close());

/** A task with a call of a tool that waits for a person. */
async function waiting(): Promise<string> {
  const { db } = api.database;
  const task = await api.begin(await aTask(api.database, agent));
  const call = { id: `${task.id}.execute.0.0`, place: 'execute.0.0', name: 'pay', modelCallRef: 'x' };
  await requestToolCalls(db, task, [{ ...call, arguments: { cents: 5 } }]);
  const approval_deadline = new Date(Date.now() + 60_000);
  await db
    .updateTable('tool_calls')
    .set({ status: 'awaiting_approval', approval_deadline })
    .where('task_id', '=', task.id)
    .execute();
  await db.updateTable('tasks').set({ status: 'awaiting_approval' }).where('id', '=', task.id).execute();
  return task.id;
}

test.each([
  ['approve', 'approved'],
  ['reject', 'rejected'],
] as const)(
  'a person may %s the call of a tool',
  async (verb, status) => {
    const id = await waiting();
    const cli = commandLine({ MAINSPRING_BASE_URL: api.url, MAINSPRING_API_KEY: org.key });
    expect((await cli.run('tasks', 'list', '--status', 'awaiting_approval', '-q')).out).toBe(`${id}\n`);
    const { code, out } = await cli.run('tasks', verb, id, '--by', 'Ada', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out).tool_calls).toMatchObject([
      { status, decided_by: expect.stringContaining('Ada') },
    ]);
  },
  60_000,
);
