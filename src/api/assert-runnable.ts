import type { AgentRow } from '../db/agents.js';
import { limitsOf } from '../domain/resources.js';
import { ApiProblem } from './problem.js';
import type { Services } from './services.js';

/** Throws where an agent's container could not be run now: no runtime, no such image, not so much to be had. */
export async function assertRunnable(
  { image, resources }: Pick<AgentRow, 'image' | 'resources'>,
  { containers }: Pick<Services, 'containers'>,
): Promise<void> {
  if (image === null) return;
  const refusal = await containers.verify({ image, limits: limitsOf(resources) });
  if (refusal) throw new ApiProblem(refusal.code, refusal.detail);
}
