import type { Db } from '../db/database.js';
import { stagesOf } from '../db/task-stages.js';
import type { TaskRow } from '../db/tasks.js';

/** What the model of a task is asked: its prompt, or what its agent's code made of it; null for a call of a method. */
export async function askedPrompt(
  db: Db,
  task: Pick<TaskRow, 'org_id' | 'id' | 'prompt'>,
): Promise<string | null> {
  if (task.prompt === null) return null;
  const changed = (await stagesOf(db, task)).get('preprocess');
  const isObject = typeof changed === 'object' && changed !== null;
  const prompt = isObject && 'prompt' in changed ? changed.prompt : undefined;
  // Providers refuse messages without words.
  return typeof prompt === 'string' && prompt !== '' ? prompt : task.prompt;
}
