import { closeSession, eventOf } from '../../agents/connections.js';
import { dropMail } from '../../agents/drop-mail.js';
import { restartSoon } from '../../agents/lifecycle.js';
import { retimeSession } from '../../db/agent-sessions.js';
import {
  type AgentRow,
  deleteAgent,
  getAgent,
  insertAgent,
  listAgents,
  updateAgent,
} from '../../db/agents.js';
import { abandonBindings } from '../../db/broker-bindings.js';
import { isDuplicate } from '../../db/database-error.js';
import { appendEvents } from '../../db/events.js';
import { notify } from '../../db/notify.js';
import type { BrokerRef } from '../../messages/broker.js';
import { AgentAnswer, AgentChange, AgentFilter, AgentPage, AgentRequest } from '../../schemas/agent.js';
import { Problem } from '../../schemas/problem.js';
import { agentAnswer } from '../agent-answer.js';
import { agentColumnsOf, assertTools, newAgentOf } from '../agent-columns.js';
import { assertRunnable } from '../assert-runnable.js';
import { bindBrokers, tellBrokers } from '../bind-brokers.js';
import { changeAgent, findOwnAgent } from '../change-agent.js';
import { revised } from '../etag.js';
import { readPage } from '../page.js';
import { ApiProblem } from '../problem.js';
import { Reply, route } from '../route.js';
import type { Services } from '../services.js';

export const tag = 'Agents';

const nameTaken = () => new ApiProblem('name_taken', 'another agent has this name');

/** Writes an agent; a repeat of a request whose answer was lost finds the one that it wrote. */
async function create(request: AgentRequest, ref: { id: string; orgId: string }, services: Services) {
  const { database, clock } = services;
  return database.db.transaction().execute(async (tx): Promise<{ row: AgentRow; made: BrokerRef[] }> => {
    const standing = await getAgent(tx, ref.orgId, ref.id);
    if (standing) return { row: standing, made: [] };
    await assertTools(tx, ref.orgId, request.tools);
    const row = await insertAgent(tx, newAgentOf(request, ref, services));
    if (!row) throw nameTaken();
    await appendEvents(tx, [eventOf(row, 'agent.created', {}, new Date(clock()))]);
    return { row, made: await bindBrokers(tx, row, request.brokers, services) };
  });
}

const createRoute = route({
  method: 'post',
  path: '/agents',
  callers: ['admin'],
  idempotent: true,
  etag: true,
  tag,
  summary: 'Create an agent',
  description: 'It can connect once credentials were made for it: `POST /agents/:id/credentials/regenerate`.',
  body: AgentRequest,
  answers: { 201: AgentAnswer, 409: Problem, 422: Problem },
  async handle({ body, caller: { orgId }, idFor }, services) {
    const { row, made } = await create(body, { id: idFor(), orgId }, services);
    tellBrokers(made, services);
    void services.starter.tryTellAgent({ orgId, agentId: row.id });
    return revised({ agent: agentAnswer(row, services) }, row, 201, { Location: `/agents/${row.id}` });
  },
});

const listRoute = route({
  method: 'get',
  path: '/agents',
  callers: ['key', 'admin'],
  orgWide: true,
  tag,
  summary: 'List agents, the newest first',
  query: AgentFilter,
  answers: { 200: AgentPage },
  async handle({ query, caller: { orgId } }, services) {
    const { items: agents, nextCursor } = await readPage(
      query,
      (limit, position) => listAgents(services.db, orgId, { ...query, limit }, position),
      (rows) => rows.map((row) => agentAnswer(row, services)),
    );
    return { agents, nextCursor };
  },
});

const getRoute = route({
  method: 'get',
  path: '/agents/:id',
  callers: ['key', 'admin'],
  orgWide: true,
  etag: true,
  tag,
  summary: 'An agent',
  answers: { 200: AgentAnswer, 404: Problem },
  async handle({ params, caller }, services) {
    const row = await findOwnAgent(services, caller.orgId, params.id);
    return revised({ agent: agentAnswer(row, services) }, row);
  },
});

/** These are for people only; all else is given to the agent. */
const UNTOLD = new Set(['type', 'description']);

/** What a container is made from: one that waits for its restart need not wait for the old one's sake. */
const OF_CONTAINERS = new Set(['image', 'resources', 'environment', 'restartPolicy']);

/** A container that is to be replaced by one of another image, or with other resources, must be able to be. */
async function assertStillRunnable(
  { image, resources }: AgentChange,
  id: string,
  orgId: string,
  services: Services,
): Promise<void> {
  if (image === undefined && resources === undefined) return;
  const agent = await findOwnAgent(services, orgId, id);
  if (agent.is_suspended || agent.lifecycle !== 'running') return;
  const changed = { image: agent.image, resources: agent.resources };
  if (image !== undefined) changed.image = image;
  if (resources !== undefined) changed.resources = resources;
  await assertRunnable(changed, services);
}

const changeRoute = route({
  method: 'patch',
  path: '/agents/:id',
  callers: ['admin'],
  etag: true,
  tag,
  summary: 'Change an agent',
  description:
    'What is given replaces what stood, as a whole, but `heartbeat` and `limits` field by field; `null` takes away, and `***` keeps a secret. A running agent learns of it with its next heartbeat.',
  body: AgentChange,
  answers: { 200: AgentAnswer, 404: Problem, 409: Problem, 422: Problem },
  async handle(request, services) {
    const { body, caller, params } = request;
    const fields = Object.keys(body);
    const raisesConfig = fields.some((field) => !UNTOLD.has(field));
    await assertStillRunnable(body, params.id, caller.orgId, services);
    let made: BrokerRef[] = [];
    const row = await changeAgent(
      request,
      services,
      async (tx, agent, at) => {
        if (fields.length === 0) return agent;
        const columns = agentColumnsOf(body, { agent, at }, services);
        const restarting = fields.some((field) => OF_CONTAINERS.has(field)) ? restartSoon(agent, at) : {};
        const changed = await updateAgent(tx, agent, { ...columns, ...restarting }, { raisesConfig });
        if (body.heartbeat) await retimeSession(tx, changed);
        if (body.topics || body.brokers) made = await bindBrokers(tx, changed, body.brokers, services);
        await appendEvents(tx, [eventOf(changed, 'agent.updated', { fields }, at)]);
        return changed;
      },
      (tx) => assertTools(tx, caller.orgId, body.tools ?? []),
    ).catch((error: unknown) => {
      throw isDuplicate(error) ? nameTaken() : error;
    });
    tellBrokers(made, services);
    return revised({ agent: agentAnswer(row, services) }, row);
  },
});

const deleteRoute = route({
  method: 'delete',
  path: '/agents/:id',
  callers: ['admin'],
  etag: true,
  tag,
  summary: 'Delete an agent, with its credentials and its history',
  description: 'Its session ends, and its tokens are refused within a second everywhere.',
  answers: { 204: { description: 'Deleted' }, 404: Problem },
  async handle(request, services) {
    await changeAgent(request, services, async (tx, agent, at) => {
      await closeSession(tx, agent, { reason: 'deleted', at });
      await abandonBindings(tx, agent);
      await dropMail(tx, agent);
      await deleteAgent(tx, agent);
      await appendEvents(tx, [eventOf(agent, 'agent.deleted', {}, at)]);
      await notify(tx, 'keys', agent.org_id);
    });
    return new Reply(204, null);
  },
});

export const agentRoutes = [createRoute, listRoute, getRoute, changeRoute, deleteRoute];
