import { z } from 'zod';
import type { Db } from '../db/database.js';
import { agentOfType } from '../db/working-agents.js';

/** An execution as `POST /api/agents/execute` takes it, with the id that its sender gave it. */
const Execution = z.object({
  type: z.string(),
  action: z.string(),
  input: z.unknown().optional(),
  executionId: z.string().optional(),
  taskId: z.string().optional(),
});

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Whoever reads the task says that it is no JSON.
    return undefined;
  }
}

/** A task as text; one that is given as an execution, by the type of its agent, becomes one for that agent. */
export async function asTask(db: Db, orgId: string, text: string): Promise<string> {
  const { success, data } = Execution.safeParse(jsonOf(text));
  if (!success) return text;
  const { type, action, input, executionId, taskId } = data;
  const agent = await agentOfType(db, orgId, type);
  return JSON.stringify({
    task_id: executionId ?? taskId,
    agent_name: agent?.name ?? type,
    method_name: action,
    input: input ?? {},
  });
}
