import { expect, test } from '@jest/globals';
import { healthOf, partOf, successRate, trendOf } from '../../src/domain/task-report.js';

test('a success rate is of what completed or failed; of nothing there is none', () => {
  expect(successRate({ completed: 3, failed: 1 })).toBe(0.75);
  expect(successRate({ completed: 0, failed: 0 })).toBeNull();
});

test('health goes by the share of failures that are its own', () => {
  const of = (completed: number, faults: number) => healthOf({ completed, faults });
  expect([of(91, 9), of(90, 10), of(51, 49), of(50, 50), of(0, 1), of(0, 0)]).toEqual([
    ...['healthy', 'degraded', 'degraded', 'unhealthy', 'unhealthy', 'idle'],
  ]);
});

test('a trend has all parts of its period, and puts rows of one part together', () => {
  const row = { part: 1, executions: 2, completed: 1, failed: 1, durationMs: 30, ran: 2 };
  const late = { ...row, part: 9, durationMs: 0, ran: 0 };
  expect(trendOf([row, { ...row, durationMs: 10 }, late], { from: 1_000, partMs: 100, parts: 3 })).toEqual([
    { from: 1_000, executions: 0, completed: 0, failed: 0, averageMs: null },
    { from: 1_100, executions: 4, completed: 2, failed: 2, averageMs: 10 },
    { from: 1_200, executions: 2, completed: 1, failed: 1, averageMs: null },
  ]);
});

test('every period falls into whole parts', () => {
  const hour = 3_600_000;
  const counts = [hour, 24 * hour, 7 * 24 * hour, 30 * 24 * hour].map((period) => period / partOf(period));
  expect(counts).toEqual([12, 24, 28, 30]);
});
