import { type AgentRow, listAgents } from '../../db/agents.js';
import { modelUseSince, ownMetricsSince, toolUseSince } from '../../db/call-views.js';
import { countUnended } from '../../db/service-figures.js';
import { failuresSince, historyPage, performanceSince, trendSince } from '../../db/task-views.js';
import { agentNamed, hostedAgents } from '../../db/working-agents.js';
import { partOf, trendOf } from '../../domain/task-report.js';
import { type Catalogue, definitionOf, methodsOf } from '../../hosted/catalogue.js';
import {
  ExecutionHistory,
  HistoryFilter,
  RuntimeMetrics,
  RuntimeMetricsFilter,
  WorkingAgentFilter,
  WorkingAgents,
} from '../../schemas/execution.js';
import { Problem } from '../../schemas/problem.js';
import { unavailableOf } from '../../tasks/prepare-task.js';
import { executionSummary } from '../execution-answer.js';
import { readPage } from '../page.js';
import { ApiProblem } from '../problem.js';
import { route } from '../route.js';
import {
  agentReports,
  failuresAnswer,
  modelUseAnswer,
  performanceAnswer,
  toolUseAnswer,
  trendAnswer,
} from '../runtime-report.js';
import type { Services } from '../services.js';
import { tag } from './executions.js';

const callers = ['key', 'admin'] as const;
const HOUR_MS = 3_600_000;
const HISTORY_MS = 30 * 24 * HOUR_MS;
const TREND_PARTS = 24;
/** A report tells of so many agents: those that did most. */
const MOST_AGENTS = 200;

const historyRoute = route({
  method: 'get',
  path: '/api/agents/:id/history',
  callers,
  orgWide: true,
  tag,
  summary: 'The executions of an agent, the newest first, and what they came to',
  description: "`:id` is an agent's id or its type; an execution's id means its agent.",
  query: HistoryFilter,
  answers: { 200: ExecutionHistory, 404: Problem },
  async handle({ params, query: { limit, offset }, caller: { orgId } }, { db, clock }) {
    const whose = await agentNamed(db, orgId, params.id);
    if (!whose) throw new ApiProblem('not_found', 'there is no such agent');
    const scope = { orgId, whose };
    const now = clock();
    const since = new Date(now - HISTORY_MS);
    const from = now - TREND_PARTS * HOUR_MS;
    const { rows, total } = await historyPage(db, scope, { limit, offset });
    const [all] = await performanceSince(db, scope, { since, limit: 0 });
    const errors = await failuresSince(db, scope, since);
    const trend = await trendSince(db, scope, { since: new Date(from), partMs: HOUR_MS });
    return {
      executions: rows.map(executionSummary),
      ...{ total, limit, offset },
      performance: performanceAnswer(all),
      errors: failuresAnswer(errors),
      trend: trendAnswer(trendOf(trend, { from, partMs: HOUR_MS, parts: TREND_PARTS })),
    };
  },
});

async function readFigures({ db }: Services, orgId: string, since: Date, partMs: number) {
  return {
    performance: await performanceSince(db, { orgId }, { since, limit: MOST_AGENTS }),
    failures: await failuresSince(db, { orgId }, since),
    trend: await trendSince(db, { orgId }, { since, partMs }),
    metrics: await ownMetricsSince(db, orgId, since),
  };
}

const metricsRoute = route({
  method: 'get',
  path: '/api/agents/metrics',
  callers,
  orgWide: true,
  tag,
  summary: 'How agents, tools and models did in a period',
  description: `The ${MOST_AGENTS} agents that did most, and those that came with Mainspring. By when executions were asked for.`,
  query: RuntimeMetricsFilter,
  answers: { 200: RuntimeMetrics },
  async handle({ query: { period }, caller: { orgId } }, services) {
    const { db, clock } = services;
    const now = clock();
    const from = now - period;
    const since = new Date(from);
    const partMs = partOf(period);
    const figures = await readFigures(services, orgId, since, partMs);
    const { queued, running } = await countUnended(db, orgId);
    const hosted = await hostedAgents(db, orgId, MOST_AGENTS);
    return {
      from: since.toISOString(),
      to: new Date(now).toISOString(),
      ...{ queueDepth: queued, running },
      totals: performanceAnswer(figures.performance.find(({ agentId }) => agentId === null)),
      agents: agentReports(figures, hosted, { from, partMs, parts: period / partMs }),
      tools: (await toolUseSince(db, orgId, since)).map(toolUseAnswer),
      models: (await modelUseSince(db, orgId, since)).map(modelUseAnswer),
    };
  },
});

/** Why an agent cannot work now, or null. */
function lackOf(agent: AgentRow, model: string | null, catalogue: Catalogue): string | null {
  const reason = unavailableOf(agent);
  if (reason !== null) return reason;
  const hasCode = definitionOf(catalogue, agent) !== undefined;
  if (agent.definition !== null)
    return hasCode ? null : 'its code is not loaded: is its plugin in MAINSPRING_PLUGINS?';
  return model === null ? 'no model is set up for it' : null;
}

function workingAgent(agent: AgentRow, { catalogue, models }: Services) {
  const model = models.firstOf(agent);
  const reason = lackOf(agent, model, catalogue);
  return {
    agentId: agent.id,
    name: agent.name,
    type: agent.type,
    description: agent.description,
    isAvailable: reason === null,
    reason,
    actions: methodsOf(definitionOf(catalogue, agent)).map(({ name, method }) => ({
      name,
      description: method.description,
      needsModel: method.model === 'required',
      input: method.inputSchema,
    })),
    tools: agent.tools,
    model,
  };
}

const listRoute = route({
  method: 'get',
  path: '/api/agents',
  callers,
  orgWide: true,
  tag,
  summary: 'Agents that can be given work, with what they can be asked, the newest first',
  query: WorkingAgentFilter,
  answers: { 200: WorkingAgents },
  async handle({ query, caller: { orgId } }, services) {
    const { items: agents, nextCursor } = await readPage(
      query,
      (limit, position) => listAgents(services.db, orgId, { ...query, limit }, position),
      (rows) => rows.map((row) => workingAgent(row, services)),
    );
    return { agents, nextCursor };
  },
});

export const runtimeMetricsRoutes = [historyRoute, metricsRoute, listRoute];
