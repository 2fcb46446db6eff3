import { z } from 'zod';
import { listAgents } from '../../db/agents.js';
import { Problem } from '../../schemas/problem.js';
import type { Caller } from '../caller.js';
import { findOwnAgent } from '../change-agent.js';
import { type Route, type RouteRequest, route } from '../route.js';
import type { Services } from '../services.js';
import { agentCard, type Card, openCard, organisationCard } from './card.js';
import { createTaskHandler } from './handler.js';
import { type Rpc, respond } from './respond.js';
import { createTaskCalls, taskRoutesOf } from './task-calls.js';

const tag = 'A2A';
const AgentCard = z.looseObject({ name: z.string(), url: z.string(), skills: z.array(z.looseObject({})) });
const Message = z.looseObject({ jsonrpc: z.literal('2.0'), method: z.string().max(100) });
const answers = {
  200: { description: 'An answer of JSON-RPC, or a stream of them', schema: z.looseObject({}) },
  404: Problem,
};
/** So many agents stand in the card of an organisation. */
const MOST_AGENTS = 100;

const cardRoute = route({
  method: 'get',
  path: '/.well-known/agent-card.json',
  callers: ['open'],
  hidden: true,
  tag,
  summary: 'The card by which agents of others find this server',
  answers: { 200: AgentCard },
  handle: ({ origin }, services) => openCard(origin, services),
});

const common = { callers: ['key', 'admin'], orgWide: true, hidden: true, tag } as const;

const agentCardRoute = route({
  ...common,
  method: 'get',
  path: '/a2a/:id/.well-known/agent-card.json',
  summary: 'The card of an agent',
  answers: { 200: AgentCard, 404: Problem },
  async handle({ params, caller, origin }, services) {
    return agentCard(origin, await findOwnAgent(services, caller.orgId, params.id), services);
  },
});

type DoorRequest = RouteRequest<unknown, unknown, Rpc, Caller>;

/** Whose door it is: an agent's, or with null the organisation's, whose messages name one. */
interface Door {
  agent: { id: string; name: string } | null;
  card: () => Promise<Card>;
}

function answer(
  request: DoorRequest,
  services: Services,
  { taskRoutes, ...door }: Door & { taskRoutes: ReturnType<typeof taskRoutesOf> },
) {
  const { body, caller, header, signal } = request;
  const { orgId } = caller;
  const calls = createTaskCalls(taskRoutes, request, services);
  const handler = createTaskHandler({ ...door, orgId, calls, signal }, services);
  return respond(body, { handler, problem: calls.problem, header, orgId, signal }, services);
}

/**
 * The doors for agents of others: `/a2a`, and one for each agent. They are no part of the OpenAPI document: A2A
 * describes itself, by cards.
 */
export function createA2aRoutes(routes: readonly Route[]): Route[] {
  const taskRoutes = taskRoutesOf(routes);
  const door = { ...common, method: 'post', isPatient: true, body: Message, answers } as const;

  const doorRoute = route({
    ...door,
    path: '/a2a',
    summary: 'A2A: tasks of any agent, which the message names',
    handle(request, services) {
      const { caller, origin } = request;
      const card = async () => {
        const agents = await listAgents(services.db, caller.orgId, { limit: MOST_AGENTS }, undefined);
        return organisationCard(origin, agents, services);
      };
      return answer(request, services, { taskRoutes, agent: null, card });
    },
  });

  const agentRoute = route({
    ...door,
    path: '/a2a/:id',
    summary: 'A2A: tasks of one agent',
    async handle(request, services) {
      const { params, caller, origin } = request;
      const agent = await findOwnAgent(services, caller.orgId, params.id);
      const card = async () => agentCard(origin, agent, services);
      return answer(request, services, { taskRoutes, agent, card });
    },
  });

  return [cardRoute, agentCardRoute, doorRoute, agentRoute];
}
