import { closeSession, statusEvents, statusOf } from '../../agents/connections.js';
import { moveLifecycle } from '../../agents/lifecycle.js';
import { type AgentRow, updateAgent } from '../../db/agents.js';
import type { Db } from '../../db/database.js';
import { appendEvents } from '../../db/events.js';
import { notify } from '../../db/notify.js';
import { type LifecycleVerb, moved } from '../../domain/agent-lifecycle.js';
import { AgentAnswer } from '../../schemas/agent.js';
import { Problem } from '../../schemas/problem.js';
import { agentAnswer } from '../agent-answer.js';
import { assertRunnable } from '../assert-runnable.js';
import { changeAgent, findOwnAgent } from '../change-agent.js';
import { revised } from '../etag.js';
import { ApiProblem } from '../problem.js';
import { route } from '../route.js';
import type { Services } from '../services.js';
import { tag } from './agents.js';

const UNCHANGED_CONFIG = { raisesConfig: false };

async function move(tx: Db, agent: AgentRow, verb: LifecycleVerb, at: Date): Promise<AgentRow> {
  const result = await moveLifecycle(tx, agent, verb, at);
  if (result.kind === 'refused') throw new ApiProblem('wrong_state', result.reason);
  return result.row;
}

/** Before anything changes; what is in a wrong state is told of that. */
async function assertCanStart(id: string, orgId: string, services: Services): Promise<void> {
  const agent = await findOwnAgent(services, orgId, id);
  if (moved(agent.lifecycle, 'start') !== null) await assertRunnable(agent, services);
}

const lifecycleRoute = (verb: LifecycleVerb, summary: string) =>
  route({
    method: 'post',
    path: `/agents/:id/${verb}`,
    callers: ['key', 'admin'],
    orgWide: true,
    etag: true,
    tag,
    summary,
    answers: { 200: AgentAnswer, 404: Problem, 409: Problem },
    async handle(request, services) {
      const { params, caller } = request;
      if (verb === 'start') await assertCanStart(params.id, caller.orgId, services);
      const row = await changeAgent(request, services, (tx, agent, at) => move(tx, agent, verb, at));
      return revised({ agent: agentAnswer(row, services) }, row);
    },
  });

/** One change of the status is told, from what it was to suspended. */
async function suspend(tx: Db, agent: AgentRow, at: Date): Promise<AgentRow> {
  if (agent.is_suspended) return agent;
  await closeSession(tx, { ...agent, is_suspended: true }, { reason: 'suspended', at });
  await appendEvents(tx, statusEvents(agent, 'suspended', at));
  await notify(tx, 'keys', agent.org_id);
  return updateAgent(tx, agent, { is_suspended: true }, UNCHANGED_CONFIG);
}

async function activate(tx: Db, agent: AgentRow, at: Date): Promise<AgentRow> {
  if (!agent.is_suspended) return agent;
  await appendEvents(tx, statusEvents(agent, statusOf({ ...agent, is_suspended: false }), at));
  await notify(tx, 'keys', agent.org_id);
  return updateAgent(tx, agent, { is_suspended: false }, UNCHANGED_CONFIG);
}

const suspendRoute = route({
  method: 'post',
  path: '/agents/:id/suspend',
  callers: ['admin'],
  etag: true,
  tag,
  summary: 'Suspend an agent',
  description:
    'Its session ends, and it is answered 403 `agent_suspended` until it is activated. Without effect on one that is suspended.',
  answers: { 200: AgentAnswer, 404: Problem },
  async handle(request, services) {
    const row = await changeAgent(request, services, suspend);
    return revised({ agent: agentAnswer(row, services) }, row);
  },
});

const activateRoute = route({
  method: 'post',
  path: '/agents/:id/activate',
  callers: ['admin'],
  etag: true,
  tag,
  summary: 'Let a suspended agent connect again',
  description: 'Without effect on one that is not suspended.',
  answers: { 200: AgentAnswer, 404: Problem },
  async handle(request, services) {
    const row = await changeAgent(request, services, activate);
    return revised({ agent: agentAnswer(row, services) }, row);
  },
});

export const agentLifecycleRoutes = [
  suspendRoute,
  activateRoute,
  lifecycleRoute('start', 'Start an agent that is new or was stopped; with an image, its container'),
  lifecycleRoute('pause', 'Pause a running agent: its next heartbeat tells it'),
  lifecycleRoute('resume', 'Let a paused agent go on'),
  lifecycleRoute('stop', 'Stop an agent: its next heartbeat tells it'),
];
