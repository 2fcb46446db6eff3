import type { ModelMessage } from 'ai';
import { z } from 'zod';
import type { Db } from '../db/database.js';
import { changeMemory, getMemory } from '../db/memories.js';
import type { TaskRow } from '../db/tasks.js';
import { MEMORY_LIMITS } from '../schemas/memory.js';
import { askedPrompt } from './asked-prompt.js';

/** Not a `MemoryKey`: neither code nor people can write it. */
const KEY = '~conversation';
const MOST_TURNS = 20;
/** What a memory may be. */
const MOST_BYTES = 65_536;

const Turn = z.object({ taskId: z.string(), prompt: z.string(), answer: z.string() });
type Turn = z.infer<typeof Turn>;
/** The newest last. */
const Turns = z.array(Turn);

type Remembering = Pick<TaskRow, 'id' | 'org_id' | 'agent_id' | 'session_id' | 'prompt'>;

const placeOf = ({ org_id: orgId, agent_id: agentId, session_id: sessionId }: Remembering) => ({
  ...{ orgId, agentId, sessionId, key: KEY },
});

/** What cannot be read is not remembered. */
function turnsIn(value: unknown): Turn[] {
  const parsed = Turns.safeParse(value);
  return parsed.success ? parsed.data : [];
}

/** What was said in earlier tasks of the same session; none for a task without one. */
export async function rememberedMessages(db: Db, task: Remembering): Promise<ModelMessage[]> {
  if (task.session_id === null || task.prompt === null) return [];
  const memory = await getMemory(db, placeOf(task));
  return turnsIn(memory?.value).flatMap(({ prompt, answer }): ModelMessage[] => [
    { role: 'user', content: prompt },
    { role: 'assistant', content: answer },
  ]);
}

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** The newest turns that fit; one that fits by itself no more is not remembered. */
function bounded(turns: readonly Turn[]): Turn[] {
  const kept = turns.slice(-MOST_TURNS);
  while (kept.length > 0 && bytesOf(kept) > MOST_BYTES) kept.shift();
  return kept;
}

/**
 * Remembers what a task answered, for the tasks of its session that come after; once, however often it is told. Belongs
 * into the transaction that ends the task: one task of a session comes after the other then. An agent that was deleted,
 * or may remember nothing more, forgets it.
 */
export async function rememberTurn(tx: Db, task: Remembering, answer: unknown): Promise<void> {
  const { id: taskId, session_id: sessionId } = task;
  if (sessionId === null || answer === null || answer === undefined) return;
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
  const prompt = await askedPrompt(tx, task);
  // Providers refuse messages without words.
  if (prompt === null || text === '') return;
  await changeMemory(tx, placeOf(task), MEMORY_LIMITS, (value) => {
    const before = turnsIn(value).filter((turn) => turn.taskId !== taskId);
    return bounded([...before, { taskId, prompt, answer: text }]);
  });
}
