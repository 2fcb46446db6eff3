import { z } from 'zod';
import type { AgentRow } from '../../db/agents.js';
import { agentOfType, agentTypes } from '../../db/working-agents.js';
import { Execution, ExecutionAccepted, ExecutionRequest } from '../../schemas/execution.js';
import { Problem } from '../../schemas/problem.js';
import { DEFAULT_LIMITS } from '../../schemas/task-limits.js';
import { assign } from '../../tasks/task-request.js';
import { executionAnswer } from '../execution-answer.js';
import { fingerprintOf } from '../idempotency.js';
import { invalid } from '../problem.js';
import { callsOf, cancelTask, readTask } from '../read-task.js';
import { Reply, route } from '../route.js';
import type { Services } from '../services.js';
import { orProblem, submitOnce } from '../submit-task.js';
import { waitQuery } from '../wait.js';

export const tag = 'Executions';
const callers = ['key', 'admin'] as const;
const word = 'execution' as const;

const PRIORITY = 5;
const NAMES = { method: 'action', prompt: 'input.prompt' };
/** An error does not list more. */
const MOST_TYPES = 50;

async function findByType({ db }: Services, orgId: string, type: string): Promise<AgentRow> {
  const agent = await agentOfType(db, orgId, type);
  if (agent) return agent;
  const types = await agentTypes(db, orgId, MOST_TYPES);
  throw invalid([{ path: 'type', message: `must be one of ${types.join(', ')}` }]);
}

const executeRoute = route({
  method: 'post',
  path: '/api/agents/execute',
  callers,
  idempotent: true,
  orgWide: true,
  tag,
  summary: 'Have an agent of a type do something',
  description:
    'It is durable, and owned by a workflow, before this answers. Of several agents of the type the oldest that takes tasks does it, those that came with Mainspring before others. `GET /api/agents` lists types and actions.',
  body: ExecutionRequest,
  answers: { 202: ExecutionAccepted, 409: Problem, 422: Problem },
  async handle({ body, caller: { orgId }, idFor }, services) {
    const { type, action, input } = body;
    const fingerprint = fingerprintOf('/api/agents/execute', body, null);
    const { id } = await submitOnce(services, { orgId, id: idFor(), fingerprint }, async () => {
      const agent = await findByType(services, orgId, type);
      const asked = { method: action, prompt: null, input };
      return {
        agent,
        ...orProblem(assign(services.catalogue, agent, asked, NAMES)).assignment,
        ...{ priority: PRIORITY, userId: null, sessionId: null, metadata: {} },
        timeoutMs: agent.limits.timeout ?? DEFAULT_LIMITS.executionMs,
      };
    });
    const answer = { executionId: id, taskId: id, status: 'queued' as const };
    return new Reply(202, answer, { Location: `/api/agents/${id}` });
  },
});

const getRoute = route({
  method: 'get',
  path: '/api/agents/:id',
  callers,
  orgWide: true,
  tag,
  summary: 'An execution, or wait until it has ended',
  query: z.object(waitQuery),
  answers: { 200: Execution, 404: Problem },
  async handle({ params: { id }, query: { wait }, caller: { orgId }, signal }, services) {
    const row = await readTask(services, { orgId, id, word }, { wait, signal });
    return executionAnswer(row, await callsOf(services, row), services);
  },
});

const cancelRoute = route({
  method: 'delete',
  path: '/api/agents/:id',
  callers,
  orgWide: true,
  tag,
  summary: 'Cancel an execution that has not ended',
  description: 'A call of a model or a tool that is under way is stopped.',
  answers: { 200: Execution, 404: Problem, 409: Problem },
  async handle({ params: { id }, caller: { orgId } }, services) {
    const row = await cancelTask(services, { orgId, id, word }, undefined);
    return executionAnswer(row, await callsOf(services, row), services);
  },
});

export const executionRoutes = [executeRoute, getRoute, cancelRoute];
