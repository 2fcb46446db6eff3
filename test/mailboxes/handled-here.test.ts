import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { updateAgent } from '../../src/db/agents.js';
import { readEvents } from '../../src/db/events.js';
import { getMessage, receiptsOf } from '../../src/db/messages.js';
import { type HandledMailWorld, startHandledMail } from '../support/handled-mail.js';
import { eventually } from '../support/mainspring.js';

let world: HandledMailWorld;
beforeAll(async () => {
  world = await startHandledMail();
});
afterAll(() => world.close());
beforeEach(() => world.model.reset());

const promptsAsked = () =>
  world.model.requests.map(({ body }) => String(body.contents.at(-1).parts.at(-1).text));

test('a chat message is answered by the model of its agent, as an execution', async () => {
  const agent = await world.agent();
  world.model.script({ text: 'Sunny.' });
  const id = await world.tell(agent, { content: "What's the weather like?", user_id: 'user-123' });
  const receipt = await world.ended(agent, id);
  expect(receipt).toMatchObject({ status: 'processed', deliveries: 1, reply: { content: 'Sunny.' } });
  expect(promptsAsked()).toEqual(["What's the weather like?"]);
  const task = await world.taskOf(agent, id);
  expect(task).toMatchObject({
    ...{ agent_id: agent.id, status: 'completed', user_id: 'user-123', session_id: 'user-123', priority: 5 },
    metadata: { message_id: id, from: 'a test', type: 'question' },
  });
});

test('messages are handled one after the other, in the order in which they came', async () => {
  const agent = await world.agent();
  const ids: string[] = [];
  for (let count = 0; count < 5; count++) ids.push(await world.tell(agent, { content: `message ${count}` }));
  for (const id of ids) expect((await world.ended(agent, id)).status).toBe('processed');
  expect(promptsAsked()).toEqual([0, 1, 2, 3, 4].map((count) => `message ${count}`));
});

test('as many messages as the agent allows are handled at once', async () => {
  const agent = await world.agent({ concurrency: 3 });
  let answer: () => void = () => undefined;
  const after = new Promise<void>((resolve) => {
    answer = resolve;
  });
  world.model.otherwise = { text: 'done', after };
  const ids = [];
  for (let count = 0; count < 4; count++) ids.push(await world.tell(agent, { content: `at once ${count}` }));
  await eventually(
    () => world.model.requests.length,
    (count) => count === 3,
  );
  const receipts = await receiptsOf(world.database.db, agent.org_id, ids, 10);
  expect(receipts.map(({ status }) => status)).toEqual(['delivered', 'delivered', 'delivered', 'queued']);
  answer();
  for (const id of ids) expect((await world.ended(agent, id)).status).toBe('processed');
});

test('a session remembers what was said in the messages before', async () => {
  const agent = await world.agent();
  const first = await world.tell(agent, { content: 'I am Ada.', session_id: 's-1' });
  await world.ended(agent, first);
  await world.ended(agent, await world.tell(agent, { content: 'Who am I?', session_id: 's-1' }));
  await world.ended(agent, await world.tell(agent, { content: 'Who am I?', session_id: 's-2' }));
  const lengths = world.model.requests.map(({ body }) => body.contents.length);
  expect(lengths).toEqual([1, 3, 1]);
});

test('what cannot be understood fails at once, with the field, and is given to nobody', async () => {
  const agent = await world.agent();
  const bad = await world.tell(agent, { text: 'no content' });
  const good = await world.tell(agent, { content: 'hello' });
  expect(await world.ended(agent, bad)).toMatchObject({
    ...{ status: 'failed', error: 'payload.content is required', task_id: null },
  });
  expect(await world.ended(agent, good)).toMatchObject({ status: 'processed' });
  expect(world.model.requests).toHaveLength(1);
  const events = await readEvents(world.database.db, {
    ...{ orgId: agent.org_id, cursor: undefined, limit: 100, type: 'message.failed' },
  });
  expect(events).toMatchObject([
    { subject: bad, data: { status: 'failed', error: 'payload.content is required', agentId: agent.id } },
  ]);
});

describe('a model that fails', () => {
  test('is asked again when the message comes again', async () => {
    const agent = await world.agent();
    world.model.otherwise = { status: 503 };
    const id = await world.tell(agent, { content: 'hello' });
    await eventually(
      () => world.receipt(agent, id),
      (receipt) => receipt?.status === 'queued' && receipt.deliveries === 1,
    );
    world.model.otherwise = { text: 'back' };
    expect(await world.ended(agent, id)).toMatchObject({
      ...{ status: 'processed', deliveries: 2, reply: { content: 'back' } },
    });
  });

  test('too often makes the message dead', async () => {
    const agent = await world.agent({ max_deliveries: 2 });
    world.model.otherwise = { status: 503 };
    const id = await world.tell(agent, { content: 'hello' });
    const receipt = await world.ended(agent, id);
    expect(receipt).toMatchObject({ status: 'dead', deliveries: 2 });
    expect(receipt.error).toMatch(/^model: /);
  });
});

test('what interrupts ends what is being handled, and is handled instead', async () => {
  const agent = await world.agent({ busy_policy: 'interrupt' });
  world.model.script({ text: 'never', hangs: 'at once' });
  const first = await world.tell(agent, { content: 'take your time' });
  await eventually(
    () => world.model.requests.length,
    (count) => count === 1,
  );
  const task = await world.taskOf(agent, first);
  const second = await world.tell(agent, { content: 'now!' });
  expect(await world.ended(agent, second)).toMatchObject({ status: 'processed' });
  expect(await world.ended(agent, first)).toMatchObject({ status: 'failed', error: 'interrupted' });
  const ended = await eventually(
    () => world.taskOf(agent, first),
    ({ status }) => status !== 'running',
  );
  expect(ended).toMatchObject({ id: task.id, status: 'cancelled' });
});

test('the reply is a message of its own, to the agent that the message names', async () => {
  const agent = await world.agent();
  const asker = await world.agent({ orgId: agent.org_id, handler: null });
  const id = await world.tell(agent, { content: 'hello' }, { replyTo: asker.id, topic: 'talk' });
  const { reply_id: replyId } = await world.ended(agent, id);
  const reply = await getMessage(world.database.db, agent.org_id, replyId ?? '');
  expect(reply).toMatchObject({
    ...{ sender: agent.name, in_reply_to: id, type: 'question', payload: { content: 'done' } },
  });
  expect(await world.receipt(asker, replyId ?? '')).toMatchObject({ status: 'queued' });
});

test('of two agents that hear a topic and answer on it neither answers the other', async () => {
  const agent = await world.agent({ topics: ['talk.*'] });
  const other = await world.agent({ orgId: agent.org_id, topics: ['talk.#'] });
  const listener = await world.agent({ orgId: agent.org_id, topics: ['talk.work'], handler: null });
  const id = randomUUID();
  const message = {
    orgId: agent.org_id,
    id,
    topic: 'talk.work',
    isPublished: true,
    payload: { content: 'hi' },
  };
  await world.dispatch(message, { kind: 'topic' });
  const ended = [await world.ended(agent, id), await world.ended(other, id)];
  for (const { reply_id: replyId } of ended)
    expect(await receiptsOf(world.database.db, agent.org_id, [replyId ?? ''], 10)).toMatchObject([
      { agent_id: listener.id },
    ]);
  expect(world.model.requests).toHaveLength(2);
});

test('an agent that is paused keeps its mail, and handles it once it goes on', async () => {
  const agent = await world.agent({ lifecycle: 'paused' });
  const id = await world.tell(agent, { content: 'hello' });
  expect(await world.receipt(agent, id)).toMatchObject({ status: 'queued', deliveries: 0 });
  await updateAgent(world.database.db, agent, { lifecycle: 'running' }, { raisesConfig: false });
  await world.starter.tellMailbox({ orgId: agent.org_id, agentId: agent.id });
  expect(await world.ended(agent, id)).toMatchObject({ status: 'processed', deliveries: 1 });
});

test('a task that somebody cancels fails its message', async () => {
  const agent = await world.agent();
  world.model.script({ text: 'never', hangs: 'at once' });
  const id = await world.tell(agent, { content: 'take your time' });
  await eventually(
    () => world.model.requests.length,
    (count) => count === 1,
  );
  const { id: taskId } = await world.taskOf(agent, id);
  const { db } = world.database;
  await db.updateTable('tasks').set({ status: 'cancelled' }).where('id', '=', taskId).execute();
  await world.starter.tryCancelTask({ orgId: agent.org_id, taskId });
  expect(await world.ended(agent, id)).toMatchObject({ status: 'failed', error: 'cancelled' });
});

test('of an agent with code the type of a message names the method', async () => {
  const agent = await world.agent({ handler: null, definition: 'AdminAgent', tools: [] });
  const wrong = await world.tell(agent, { user_id: 7 }, { type: 'notify' });
  const refused = await world.ended(agent, wrong);
  expect(refused).toMatchObject({ status: 'failed' });
  expect(refused.error).toMatch(/^payload\.user_id /);
  const asked = await world.tell(agent, { content: 'how are you?' }, { type: 'question' });
  expect(await world.ended(agent, asked)).toMatchObject({ reply: { content: 'done' } });
});
