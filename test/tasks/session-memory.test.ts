import { expect, test } from '@jest/globals';
import { deleteMemories, getMemory, setMemory } from '../../src/db/memories.js';
import { insertStage } from '../../src/db/task-stages.js';
import { MEMORY_LIMITS, MemoryKey } from '../../src/schemas/memory.js';
import { rememberedMessages, rememberTurn } from '../../src/tasks/session-memory.js';
import { anAgent } from '../support/agents.js';
import { describeEachDatabase } from '../support/databases.js';
import { aTask } from '../support/tasks.js';

describeEachDatabase('what was said in a session', (database) => {
  const db = () => database().db;
  const inSession = async (agent: Awaited<ReturnType<typeof anAgent>>, prompt: string, sessionId = 'one') =>
    aTask(database(), agent, { prompt, sessionId });
  const promptsOf = async (task: Awaited<ReturnType<typeof inSession>>) =>
    (await rememberedMessages(db(), task))
      .filter(({ role }) => role === 'user')
      .map(({ content }) => content);

  test('is remembered by the tasks of the same agent and session that come after', async () => {
    const agent = await anAgent(database());
    const task = await inSession(agent, 'hello');
    await rememberTurn(db(), task, 'good day');
    await rememberTurn(db(), await inSession(agent, 'and now?'), { n: 1 });
    expect(await rememberedMessages(db(), task)).toEqual([
      { role: 'user', content: 'hello' },
      { role: 'assistant', content: 'good day' },
      { role: 'user', content: 'and now?' },
      { role: 'assistant', content: '{"n":1}' },
    ]);
    expect(await promptsOf(await inSession(agent, 'hello', 'two'))).toEqual([]);
    const other = await anAgent(database(), { orgId: agent.org_id });
    expect(await promptsOf(await inSession(other, 'hello'))).toEqual([]);
  });

  test('is the last 20 turns', async () => {
    const agent = await anAgent(database());
    for (let turn = 1; turn <= 22; turn++)
      await rememberTurn(db(), await inSession(agent, `turn ${turn}`), 'yes');
    const prompts = await promptsOf(await inSession(agent, 'what?'));
    expect(prompts).toHaveLength(20);
    expect(prompts[0]).toBe('turn 3');
  });

  test('is what fits into 64 KB; what does not fit by itself is forgotten', async () => {
    const agent = await anAgent(database());
    for (const prompt of ['a', 'b', 'c'])
      await rememberTurn(db(), await inSession(agent, prompt), 'é'.repeat(15_000));
    expect(await promptsOf(await inSession(agent, 'what?'))).toEqual(['b', 'c']);
    await rememberTurn(db(), await inSession(agent, 'd'), 'x'.repeat(70_000));
    expect(await promptsOf(await inSession(agent, 'what?'))).toEqual([]);
  });

  test('is nothing for a task without a session, without a prompt or without an answer', async () => {
    const agent = await anAgent(database());
    const outside = await aTask(database(), agent, { sessionId: null });
    await rememberTurn(db(), outside, 'yes');
    expect(await rememberedMessages(db(), outside)).toEqual([]);
    const task = await inSession(agent, 'hello');
    for (const answer of [null, undefined, '']) await rememberTurn(db(), task, answer);
    expect(await rememberedMessages(db(), task)).toEqual([]);
  });

  test('is kept under a key that nobody else can write, and goes with its session', async () => {
    const agent = await anAgent(database());
    const scope = { orgId: agent.org_id, agentId: agent.id, sessionId: 'one' };
    await setMemory(db(), { ...scope, key: 'conversation' }, 'of the code', MEMORY_LIMITS);
    const task = await inSession(agent, 'hello');
    await rememberTurn(db(), task, 'good day');
    expect((await getMemory(db(), { ...scope, key: 'conversation' }))?.value).toBe('of the code');
    expect((await getMemory(db(), { ...scope, key: '~conversation' }))?.value).toHaveLength(1);
    expect(MemoryKey.safeParse('~conversation').success).toBe(false);
    expect(await deleteMemories(db(), scope)).toBe(2);
    expect(await promptsOf(task)).toEqual([]);
  });

  test('has every turn of tasks that end at once', async () => {
    const agent = await anAgent(database());
    const prompts = Array.from({ length: 12 }, (_, index) => `turn ${index}`);
    const tasks = await Promise.all(prompts.map((prompt) => inSession(agent, prompt)));
    const end = (task: (typeof tasks)[number]) =>
      db()
        .transaction()
        .execute((tx) => rememberTurn(tx, task, 'yes'));
    await Promise.all(tasks.map(end));
    const remembered = await promptsOf(await inSession(agent, 'what?'));
    expect(remembered.sort()).toEqual([...prompts].sort());
  });

  test('is nothing of an agent that was deleted, and what ends its task goes on', async () => {
    const agent = await anAgent(database());
    const task = await inSession(agent, 'hello');
    await db().deleteFrom('agents').where('id', '=', agent.id).execute();
    const left = await db()
      .transaction()
      .execute(async (tx) => {
        await rememberTurn(tx, task, 'good day');
        return tx.selectFrom('tasks').select('id').where('id', '=', task.id).execute();
      });
    expect(left).toHaveLength(1);
  });

  test("is what the agent's code made of the prompt", async () => {
    const agent = await anAgent(database());
    const task = await inSession(agent, 'hllo');
    await insertStage(db(), task, 'preprocess', { prompt: 'hello' });
    await rememberTurn(db(), task, 'good day');
    expect(await promptsOf(await inSession(agent, 'what?'))).toEqual(['hello']);
  });
});
