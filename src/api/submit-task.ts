import { getTask, type TaskRow } from '../db/tasks.js';
import type { PlannedTask, TaskPlan } from '../tasks/task-request.js';
import { ApiProblem, invalid } from './problem.js';
import type { Services } from './services.js';

/** What was asked, once it can be; throws the answer that says why it cannot. */
export function orProblem<T extends { kind: 'ready' }>(made: T | Exclude<PlannedTask, { kind: 'ready' }>): T {
  if (made.kind === 'refused') throw invalid(made.errors);
  if (made.kind === 'unavailable') throw new ApiProblem('wrong_state', made.message);
  return made;
}

/**
 * The task that a request asks for: a repeat under its id finds what the first one made, whatever became of the agent
 * since; another request under the same id is refused.
 */
export async function submitOnce(
  services: Services,
  { orgId, id, fingerprint }: { orgId: string; id: string; fingerprint: string },
  plan: () => Promise<TaskPlan>,
): Promise<TaskRow> {
  const row = (await getTask(services.db, orgId, id)) ?? (await submit());
  if (row.fingerprint !== fingerprint)
    throw new ApiProblem('id_taken', 'another task has this id: send the same request, or choose another id');
  return row;

  async function submit(): Promise<TaskRow> {
    const createdAt = new Date(services.clock());
    const planned = await plan();
    const submission = await services.tasks.submit({
      ...{ orgId, id, fingerprint, createdAt, parent: null },
      ...planned,
    });
    return submission.row;
  }
}
