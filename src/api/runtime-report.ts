import type { z } from 'zod';
import type { ModelUse, ToolUse } from '../db/call-views.js';
import type { FailureRow, PerformanceRow, TrendRow } from '../db/task-views.js';
import { healthOf, successRate, type TrendPoint, trendOf } from '../domain/task-report.js';
import type { ExecutionHistory, RuntimeMetrics } from '../schemas/execution.js';
import { tokensOf, usdOf } from './execution-answer.js';

type Performance = z.input<typeof ExecutionHistory>['performance'];
type Failures = z.input<typeof ExecutionHistory>['errors'];
type AgentReport = z.input<typeof RuntimeMetrics>['agents'][number];

const NOTHING: Omit<PerformanceRow, 'agentId' | 'name' | 'type'> = {
  ...{
    executions: 0,
    completed: 0,
    failed: 0,
    faults: 0,
    cancelled: 0,
    averageMs: null,
    p50Ms: null,
    p99Ms: null,
  },
  ...{ input: 0, output: 0, costNanos: 0 },
};

/** What tasks came to; of none, where there is no row. */
export function performanceAnswer(
  row: Omit<PerformanceRow, 'agentId' | 'name' | 'type'> = NOTHING,
): Performance {
  return {
    executions: row.executions,
    completed: row.completed,
    failed: row.failed,
    cancelled: row.cancelled,
    successRate: successRate(row),
    durationMs: { average: row.averageMs, p50: row.p50Ms, p99: row.p99Ms },
    tokenUsage: tokensOf(row),
    costUsd: usdOf(row.costNanos),
  };
}

/** The reasons of failures, the most frequent first; those of several agents put together. */
export function failuresAnswer(rows: readonly FailureRow[]): Failures {
  const byCategory = new Map<string, FailureRow>();
  for (const row of rows) {
    const sum = byCategory.get(row.category);
    const newer = sum && sum.latestAt > row.latestAt ? sum : row;
    byCategory.set(row.category, { ...newer, count: row.count + (sum?.count ?? 0) });
  }
  const sums = [...byCategory.values()].toSorted((one, other) => other.count - one.count);
  return sums.map(({ category, count, latest }) => ({ category, count, latest }));
}

export const trendAnswer = (points: readonly TrendPoint[]) =>
  points.map(({ from, ...point }) => ({ from: new Date(from).toISOString(), ...point }));

export const toolUseAnswer = (use: ToolUse) => ({ ...use });

export const modelUseAnswer = ({ input, output, costNanos, ...use }: ModelUse) => ({
  ...use,
  tokenUsage: tokensOf({ input, output }),
  costUsd: usdOf(costNanos),
});

/** What was read of all agents in a period. */
export interface AgentFigures {
  performance: readonly PerformanceRow[];
  failures: readonly FailureRow[];
  trend: readonly TrendRow[];
  metrics: readonly { agentId: string; name: string; total: number }[];
}

interface Named {
  id: string;
  name: string;
  type: string | null;
}

function byAgent<Row extends { agentId: string }>(rows: readonly Row[]): (agentId: string) => Row[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.agentId) ?? [];
    group.push(row);
    groups.set(row.agentId, group);
  }
  return (agentId) => groups.get(agentId) ?? [];
}

/** One report for each agent that did something, and for those of `others` that did not. */
export function agentReports(
  { performance, failures, trend, metrics }: AgentFigures,
  others: readonly Named[],
  period: Parameters<typeof trendOf>[1],
): AgentReport[] {
  const [failuresOf, trendRowsOf, metricsOf] = [byAgent(failures), byAgent(trend), byAgent(metrics)];
  const busy = performance.flatMap((row) =>
    row.agentId === null ? [] : [{ id: row.agentId, name: row.name ?? '', type: row.type, row }],
  );
  const isBusy = new Set(busy.map(({ id }) => id));
  const idle = others.filter(({ id }) => !isBusy.has(id)).map((agent) => ({ ...agent, row: undefined }));
  return [...busy, ...idle].map(({ id, name, type, row }) => ({
    ...{ agentId: id, name, type },
    health: healthOf(row ?? NOTHING),
    performance: performanceAnswer(row),
    errors: failuresAnswer(failuresOf(id)),
    metrics: Object.fromEntries(metricsOf(id).map((one) => [one.name, one.total])),
    trend: trendAnswer(trendOf(trendRowsOf(id), period)),
  }));
}
