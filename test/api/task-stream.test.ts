import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as newId } from 'uuid';
import type { CreatedOrg } from '../../src/api/create-org.js';
import type { AgentRow } from '../../src/db/agents.js';
import { appendEvents } from '../../src/db/events.js';
import { notify } from '../../src/db/notify.js';
import { requestModelCalls } from '../../src/db/task-calls.js';
import type { TaskRow } from '../../src/db/tasks.js';
import type { EventType } from '../../src/schemas/event.js';
import { taskEvent } from '../../src/tasks/tasks.js';
import { openStream } from '../support/event-stream.js';
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

const open = ({ id }: Pick<TaskRow, 'id'>, headers: Record<string, string> = {}) =>
  openStream(`${api.url}/tasks/${id}/stream`, { 'x-api-key': org.key, ...headers });
const happens = (task: TaskRow, type: EventType, data: object = {}) =>
  appendEvents(api.database.db, [taskEvent(task, type, data, new Date())]);
const end = ({ id: taskId, org_id: orgId }: TaskRow) =>
  api.tasks.end({ orgId, taskId }, { status: 'completed', output: 1, error: null, at: new Date() });

describe('the stream of a task', () => {
  test('tells what happened and what happens, and ends with it', async () => {
    const task = await aTask(api.database, agent);
    await happens(task, 'task.started');
    const stream = await open(task);
    expect(stream.response.headers.get('content-type')).toContain('text/event-stream');
    expect((await stream.next())?.event).toBe('task.started');
    await happens(task, 'task.tool_called', { tool: 'pay', status: 'completed' });
    expect(await stream.next()).toMatchObject({
      event: 'task.tool_called',
      data: { subject: task.id, data: { tool: 'pay', status: 'completed' } },
    });
    await end(task);
    expect((await stream.rest()).map(({ event }) => event)).toEqual(['task.completed']);
  });

  test('tells what a model says while it says it, without an id, and nothing of other tasks', async () => {
    const [task, other] = [await aTask(api.database, agent), await aTask(api.database, agent)];
    await happens(task, 'task.started');
    const stream = await open(task);
    const { id } = (await stream.next()) ?? {};
    const says = (org: string, id: string, text: string) =>
      notify(api.database.db, 'task_text', JSON.stringify({ org, task: id, text }));
    await says(task.org_id, other.id, 'theirs');
    await says('another', task.id, 'theirs');
    await says(task.org_id, task.id, 'Hel');
    await says(task.org_id, task.id, 'lo\n\nyou');
    expect(await stream.next()).toEqual({ event: 'text', data: { text: 'Hel' } });
    expect(await stream.next()).toEqual({ event: 'text', data: { text: 'lo\n\nyou' } });
    expect(id).toMatch(/^\d+-\d+$/);
    stream.leave();
  });

  test('tells the whole of what a model said once it has', async () => {
    const task = await aTask(api.database, agent);
    const call = { id: `${task.id}.execute.0`, place: 'execute.0', request: {} };
    await requestModelCalls(api.database.db, task, [call]);
    await api.database.db
      .updateTable('model_calls')
      .set({ status: 'completed', answer: JSON.stringify({ text: 'Hello you' }) })
      .where('id', '=', call.id)
      .execute();
    await happens(task, 'task.model_called', { place: 'execute.0' });
    await end(task);
    const stream = await open(task);
    expect((await stream.rest()).map(({ event, data }) => (event === 'answer' ? data : event))).toEqual([
      'task.model_called',
      { place: 'execute.0', text: 'Hello you' },
      'task.completed',
    ]);
  });

  test('of a task that has ended tells it again, and ends; also long afterwards', async () => {
    const task = await aTask(api.database, agent);
    await happens(task, 'task.started');
    await end(task);
    const events = (await (await open(task)).rest()).map(({ event }) => event);
    expect(events).toEqual(['task.started', 'task.completed']);
    const completed_at = new Date(Date.now() - 3_600_000);
    await api.database.db.updateTable('tasks').set({ completed_at }).where('id', '=', task.id).execute();
    expect((await (await open(task)).rest()).map(({ event }) => event)).toEqual(events);
    await api.database.db.deleteFrom('events').where('subject', '=', task.id).execute();
    expect(await (await open(task)).rest()).toEqual([]);
  });

  test('goes on after the event that was seen last; there is nothing after the end', async () => {
    const task = await aTask(api.database, agent);
    await happens(task, 'task.started');
    await end(task);
    const [first, last] = await (await open(task)).rest();
    const again = await open(task, { 'last-event-id': first?.id ?? '' });
    expect((await again.rest()).map(({ id }) => id)).toEqual([last?.id]);
    expect((await open(task, { 'last-event-id': last?.id ?? '' })).response.status).toBe(204);
    expect((await open(task, { 'last-event-id': 'nonsense' })).response.status).toBe(422);
  });

  test("is nobody else's", async () => {
    const task = await aTask(api.database, agent);
    const other = await api.org();
    const headers = { 'x-api-key': other.key };
    expect((await open(task, headers)).response.status).toBe(404);
    expect((await open({ id: newId() })).response.status).toBe(404);
  });
});
