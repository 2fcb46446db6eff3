import type { AgentRow } from '../db/agents.js';
import { getTask, type NewTask, type TaskRow } from '../db/tasks.js';
import type { FieldError } from '../schemas/field-errors.js';
import { type Assignment, prepareAssignment, unavailableOf } from '../tasks/prepare-task.js';
import { ApiProblem, invalid } from './problem.js';
import type { Services } from './services.js';

/** What a request for a task calls its fields. */
export type FieldNames = Record<'method' | 'prompt', string>;

/** What the agent is asked, in its own words. Throws for an agent that takes no tasks now, and for what it does not understand. */
export function checkAssignment(
  { catalogue }: Pick<Services, 'catalogue'>,
  agent: AgentRow,
  asked: Assignment,
  names: FieldNames,
): Assignment {
  const reason = unavailableOf(agent);
  if (reason !== null) throw new ApiProblem('wrong_state', `${agent.name} takes no tasks: ${reason}`);
  const prepared = prepareAssignment(catalogue, agent, asked);
  if (prepared.kind === 'ready') return prepared.assignment;
  const errors = prepared.errors.map(({ field, path, message }): FieldError => {
    if (field !== 'input') return { path: names[field], message };
    return { path: path === '' ? 'input' : `input.${path}`, message };
  });
  throw invalid(errors);
}

/**
 * The task that a request asks for: a repeat under its id finds what the first one made, whatever became of the agent
 * since; another request under the same id is refused.
 */
export async function submitOnce(
  services: Services,
  { orgId, id, fingerprint }: { orgId: string; id: string; fingerprint: string },
  plan: () => Promise<Omit<NewTask, 'orgId' | 'id' | 'fingerprint' | 'parent' | 'createdAt'>>,
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
