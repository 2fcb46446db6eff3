import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as newId } from 'uuid';
import type { z } from 'zod';
import type { CreatedOrg } from '../../src/api/create-org.js';
import type { AgentRow } from '../../src/db/agents.js';
import { requestToolCalls } from '../../src/db/task-calls.js';
import { getTask, type TaskRow } from '../../src/db/tasks.js';
import type { TaskToolCall } from '../../src/schemas/task.js';
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

/** A task whose calls of tools wait for a person, until a moment from now. */
async function waiting(calls: number, deadlineMs = 60_000): Promise<TaskRow> {
  const { db } = api.database;
  const task = await api.begin(await aTask(api.database, agent));
  const places = Array.from({ length: calls }, (_, index) => `execute.0.${index}`);
  await requestToolCalls(
    db,
    task,
    places.map((place) => ({
      id: `${task.id}.${place}`,
      place,
      name: 'pay',
      arguments: { cents: 5 },
      modelCallRef: 'x',
    })),
  );
  const approval_deadline = new Date(Date.now() + deadlineMs);
  await db
    .updateTable('tool_calls')
    .set({ status: 'awaiting_approval', approval_deadline })
    .where('task_id', '=', task.id)
    .execute();
  await db.updateTable('tasks').set({ status: 'awaiting_approval' }).where('id', '=', task.id).execute();
  return task;
}

const decide = ({ id }: Pick<TaskRow, 'id'>, verb: 'approve' | 'reject', body: object = {}) =>
  api.send(`/tasks/${id}/${verb}`, { key: org.key, body });
const statusOf = async ({ id }: TaskRow) => (await getTask(api.database.db, org.orgId, id))?.status;
async function callsOf({ id }: TaskRow) {
  const rows = await api.database.db
    .selectFrom('tool_calls')
    .selectAll()
    .where('task_id', '=', id)
    .orderBy('place')
    .execute();
  return rows.map(({ status, decided_by, decision_reason }) => [status, decided_by, decision_reason]);
}

describe('a decision', () => {
  test('is about all calls that wait, by default, and lets the task go on', async () => {
    const task = await waiting(2);
    const answer = await decide(task, 'approve', { decided_by: 'Ada' });
    expect(answer.status).toBe(200);
    const calls = answer.json<{ task: { tool_calls: z.infer<typeof TaskToolCall>[] } }>().task.tool_calls;
    expect(calls.map(({ status, decided_by }) => [status, decided_by])).toEqual([
      ['approved', 'Ada'],
      ['approved', 'Ada'],
    ]);
    expect(await statusOf(task)).toBe('running');
    const events = await api.database.db
      .selectFrom('events')
      .select('data')
      .where('subject', '=', task.id)
      .where('type', '=', 'task.approval_decided')
      .execute();
    expect(events.map(({ data }) => data)).toMatchObject([
      { callId: `${task.id}.execute.0.0`, tool: 'pay', decision: 'approved', decidedBy: 'Ada' },
      { callId: `${task.id}.execute.0.1` },
    ]);
  });

  test('may be about one; the task waits for the rest', async () => {
    const task = await waiting(2);
    await decide(task, 'reject', {
      tool_call_id: `${task.id}.execute.0.1`,
      decided_by: 'Ada',
      reason: 'too much',
    });
    expect(await callsOf(task)).toEqual([
      ['awaiting_approval', null, null],
      ['rejected', 'Ada', 'too much'],
    ]);
    expect(await statusOf(task)).toBe('awaiting_approval');
    await decide(task, 'approve', { decided_by: 'Bob' });
    expect(await statusOf(task)).toBe('running');
  });

  test('names the credential where it names nobody', async () => {
    const task = await waiting(1);
    await decide(task, 'approve');
    expect((await callsOf(task))[0]?.[1]).toEqual(expect.stringMatching(/.+/));
  });

  test('that is repeated answers the same; the opposite comes too late', async () => {
    const task = await waiting(1);
    const first = await decide(task, 'reject');
    expect((await decide(task, 'reject')).text).toBe(first.text);
    expect((await decide(task, 'approve')).problem()).toMatchObject({ status: 409, code: 'wrong_state' });
    expect((await callsOf(task))[0]?.[0]).toBe('rejected');
  });

  test('comes too late after its deadline', async () => {
    const task = await waiting(1, -1_000);
    expect((await decide(task, 'approve')).status).toBe(409);
    expect((await callsOf(task))[0]?.[0]).toBe('awaiting_approval');
  });

  test('about one call says what keeps it from being made', async () => {
    const task = await waiting(1);
    const call = `${task.id}.execute.0.0`;
    const about = async (id: string) => {
      const { status, detail } = (await decide(task, 'approve', { tool_call_id: id })).problem();
      return [status, detail];
    };
    expect(await about('nothing')).toEqual([404, 'the task has no call of a tool "nothing"']);
    await decide(task, 'reject', { tool_call_id: call, decided_by: 'Ada' });
    expect(await about(call)).toEqual([409, `the call "${call}" was rejected by Ada already`]);
    const late = await waiting(1, -1_000);
    const tooLate = await decide(late, 'reject', { tool_call_id: `${late.id}.execute.0.0` });
    expect(tooLate.problem().detail).toContain('was not approved in time');
  });

  test('comes too late for a task that was cancelled', async () => {
    const task = await waiting(1);
    await api.send(`/tasks/${task.id}/cancel`, { key: org.key, body: {} });
    expect((await decide(task, 'approve')).status).toBe(409);
  });

  test('takes a task that waits for one', async () => {
    const task = await api.begin(await aTask(api.database, agent));
    expect((await decide(task, 'approve')).status).toBe(409);
    expect((await decide({ id: newId() }, 'approve')).status).toBe(404);
  });
});
