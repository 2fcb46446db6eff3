import { z } from 'zod';
import { timerHealth, timerMetrics } from '../../db/timer-metrics.js';
import { Name } from '../../schemas/identity.js';
import { Period } from '../../schemas/period.js';
import { Problem } from '../../schemas/problem.js';
import { AgentHealth, TimerMetrics } from '../../schemas/timer.js';
import { route } from '../route.js';
import { assertTenant, tag } from './timers.js';

/** No timer completed for this long: the agent is stale. */
const STALE_MS = 300_000;

const successRate = ({ completed, failed }: { completed: number; failed: number }) =>
  completed + failed === 0 ? null : completed / (completed + failed);

const timerMetricsRoute = route({
  method: 'get',
  path: '/timers/metrics',
  callers: ['key'],
  tag,
  summary: 'How many timers are active, completed, cancelled, failed, and how late they were',
  query: z.object({ tenantId: Name.optional(), requestedBy: Name.optional(), period: Period.optional() }),
  answers: { 200: TimerMetrics, 404: Problem, 422: Problem },
  async handle({ query: { tenantId, requestedBy, period }, caller }, { db, clock }) {
    if (tenantId !== undefined) assertTenant(caller, tenantId);
    const since = period === undefined ? undefined : new Date(clock() - period);
    const figures = await timerMetrics(db, caller, { tenantId, requestedBy, since });
    return {
      active_timers: figures.active,
      completed_timers: figures.completed,
      cancelled_timers: figures.cancelled,
      failed_timers: figures.failed,
      success_rate: successRate(figures),
      average_duration: figures.averageDuration,
      lateness_ms: { p50: figures.latenessP50, p99: figures.latenessP99 },
      last_activity: figures.lastActivity?.toISOString() ?? null,
    };
  },
});

const agentHealth = route({
  method: 'get',
  path: '/agent/health',
  callers: ['key'],
  tag,
  summary: 'Whether an agent (a tenant) has completed timers in the last 300 s',
  query: z.object({ agent_id: Name.optional() }),
  answers: { 200: AgentHealth, 404: Problem },
  async handle({ query: { agent_id: tenantId }, caller }, { db, clock }) {
    if (tenantId !== undefined) assertTenant(caller, tenantId);
    const figures = await timerHealth(db, caller, { tenantId });
    const { lastFiredAt } = figures;
    return {
      status:
        lastFiredAt && clock() - lastFiredAt.getTime() < STALE_MS ? ('healthy' as const) : ('stale' as const),
      metrics: {
        agent_id: tenantId ?? null,
        active_timers: figures.active,
        completed_timers: figures.completed,
        success_rate: successRate(figures),
        average_duration: figures.averageDuration,
      },
      last_activity: figures.lastActivity?.toISOString() ?? null,
    };
  },
});

export const timerMetricsRoutes = [timerMetricsRoute, agentHealth];
