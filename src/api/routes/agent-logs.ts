import type { z } from 'zod';
import { RuntimeError } from '../../containers/container-runtime.js';
import { containerName } from '../../domain/supervision.js';
import { LogQuery } from '../../schemas/hosting.js';
import { Problem } from '../../schemas/problem.js';
import { findOwnAgent } from '../change-agent.js';
import { ApiProblem } from '../problem.js';
import { Reply, route } from '../route.js';
import type { Services } from '../services.js';
import { tag } from './agents.js';

async function logsOf(
  agentId: string,
  wish: z.output<typeof LogQuery>,
  { containers }: Services,
): Promise<string | null> {
  try {
    return await containers.logs(containerName(agentId), wish);
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    throw new ApiProblem(error.code === 'refused' ? 'wrong_state' : error.code, error.message);
  }
}

const logsRoute = route({
  method: 'get',
  path: '/agents/:id/logs',
  callers: ['admin'],
  tag,
  summary: "What an agent's container wrote to its outputs",
  description:
    'The last lines of what stands there now, at most 1 MB: a container that is stopped takes its log along. For administrators: programs print what nobody else should read.',
  query: LogQuery,
  answers: {
    200: { description: 'As it was written', mediaTypes: ['text/plain'] },
    404: Problem,
    409: Problem,
  },
  async handle({ params, query, caller: { orgId } }, services) {
    const { id, image, container } = await findOwnAgent(services, orgId, params.id);
    const text = image === null && container === null ? null : await logsOf(id, query, services);
    if (text === null) throw new ApiProblem('wrong_state', 'the agent has no container');
    return new Reply(200, text, { 'Content-Type': 'text/plain; charset=utf-8' });
  },
});

export const agentLogRoutes = [logsRoute];
