import { z } from 'zod';
import { type AgentSessionRow, listSessions, sessionsSince } from '../../db/agent-sessions.js';
import { usageSince } from '../../db/agent-usage-views.js';
import { readEvents } from '../../db/events.js';
import { presenceOf } from '../../domain/agent-analytics.js';
import {
  AgentAnalytics,
  AgentHistory,
  type AgentSession,
  AnalyticsFilter,
} from '../../schemas/agent-connection.js';
import { EventPage } from '../../schemas/event.js';
import { pageQuery } from '../../schemas/page.js';
import { Problem } from '../../schemas/problem.js';
import { findOwnAgent } from '../change-agent.js';
import { checkCursor } from '../event-stream.js';
import { decodeCursor, pageOf } from '../page.js';
import { route } from '../route.js';
import { tag } from './agents.js';

const callers = ['key', 'admin'] as const;
const Page = z.object(pageQuery);

const sessionAnswer = (row: AgentSessionRow): z.input<typeof AgentSession> => ({
  id: row.id,
  context: row.context,
  connectedAt: row.connected_at.toISOString(),
  lastHeartbeatAt: row.last_heartbeat_at?.toISOString() ?? null,
  heartbeats: row.heartbeats,
  endedAt: row.ended_at?.toISOString() ?? null,
  endReason: row.end_reason,
});

const historyRoute = route({
  method: 'get',
  path: '/agents/:id/history',
  callers,
  orgWide: true,
  summary: "An agent's sessions, the newest first",
  tag,
  query: Page,
  answers: { 200: AgentHistory, 404: Problem },
  async handle({ params, query: { limit, cursor }, caller }, services) {
    const position = decodeCursor(cursor);
    const agent = await findOwnAgent(services, caller.orgId, params.id);
    const rows = await listSessions(services.db, agent.id, { limit: limit + 1, position });
    const placed = rows.map((row) => ({ ...row, created_at: row.connected_at }));
    const { page, nextCursor } = pageOf(placed, limit);
    return { sessions: page.map(sessionAnswer), nextCursor };
  },
});

const eventsRoute = route({
  method: 'get',
  path: '/agents/:id/events',
  callers,
  orgWide: true,
  summary: 'What happened to an agent, the oldest first',
  tag,
  query: Page,
  answers: { 200: EventPage, 404: Problem },
  async handle({ params, query: { limit, cursor }, caller }, services) {
    checkCursor(cursor, 'cursor');
    const { id: subject } = await findOwnAgent(services, caller.orgId, params.id);
    const wish = { orgId: caller.orgId, subject, type: 'agent.*', cursor, limit: limit + 1 };
    const rows = await readEvents(services.db, wish);
    const events = rows.slice(0, limit);
    return { events, nextCursor: rows.length > limit ? (events.at(-1)?.id ?? null) : null };
  },
});

const analyticsRoute = route({
  method: 'get',
  path: '/agents/:id/analytics',
  callers,
  orgWide: true,
  summary: 'How much of a period an agent was there, and what it told of tools and variants',
  description:
    'Use is counted by the hour: the hour in which the period begins counts as a whole. A session counts as connected until its end, one that fell silent until its deadline.',
  tag,
  query: AnalyticsFilter,
  answers: { 200: AgentAnalytics, 404: Problem },
  async handle({ params, query: { period }, caller }, services) {
    const { db, clock } = services;
    const agent = await findOwnAgent(services, caller.orgId, params.id);
    const now = clock();
    const from = new Date(now - period);
    const sessions = await sessionsSince(db, agent.id, from);
    const usage = await usageSince(db, agent.id, from);
    const createdAt = agent.created_at.getTime();
    return {
      from: from.toISOString(),
      to: new Date(now).toISOString(),
      ...presenceOf(sessions.map(spanOf), { from: from.getTime(), createdAt }, now),
      tools: usage.filter(({ kind }) => kind === 'tool').map(toolUse),
      variants: usage.filter(({ kind }) => kind === 'variant').map(variantUse),
    };
  },
});

const spanOf = (row: AgentSessionRow) => ({
  connectedAt: row.connected_at.getTime(),
  endedAt: row.ended_at?.getTime() ?? null,
  endReason: row.end_reason,
  intervalMs: row.interval_ms,
  heartbeats: row.heartbeats,
});

type Usage = Awaited<ReturnType<typeof usageSince>>[number];
const toolUse = ({ subject, succeeded, failed }: Usage) => ({ name: subject, succeeded, failed });
const variantUse = ({ subject, variant, succeeded, failed }: Usage) => ({
  instructionId: subject,
  ...{ variant, succeeded, failed },
});

export const agentViewRoutes = [historyRoute, eventsRoute, analyticsRoute];
