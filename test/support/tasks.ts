import { randomUUID } from 'node:crypto';
import type { AgentRow } from '../../src/db/agents.js';
import type { Database } from '../../src/db/database.js';
import { insertTask, type NewTask, type TaskRow } from '../../src/db/tasks.js';

/** Writes the row of a task that has not begun. */
export async function aTask(
  { db }: Pick<Database, 'db'>,
  agent: Pick<AgentRow, 'id' | 'org_id' | 'name' | 'type'>,
  over: Partial<NewTask> = {},
): Promise<TaskRow> {
  const row = await insertTask(db, {
    ...{ orgId: agent.org_id, id: randomUUID(), agent, method: null, prompt: 'what is new?', input: {} },
    ...{ priority: 5, userId: null, sessionId: null, metadata: {}, timeoutMs: 30_000 },
    ...{ parent: null, fingerprint: null, createdAt: new Date() },
    ...over,
  });
  if (!row) throw new Error('the id of the task is taken');
  return row;
}
