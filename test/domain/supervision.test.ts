import { describe, expect, test } from '@jest/globals';
import {
  afterCheck,
  afterEnding,
  checkDueAt,
  hasEndedForGood,
  restartDelayMs,
  restartDueAt,
  wantedContainer,
} from '../../src/domain/supervision.js';
import type { ContainerState } from '../../src/schemas/hosting.js';

const AT = new Date('2030-01-31T09:00:00.000Z');
const RUNNING: ContainerState = {
  id: 'c',
  status: 'running',
  exitCode: null,
  restarts: 0,
  error: null,
  at: AT.toISOString(),
};
const ended = (exitCode: number | null, ranMs = 1_000) => ({
  id: 'c',
  exitCode,
  error: 'it ended',
  ranMs,
  at: AT,
});

describe('a container', () => {
  test.each([
    ['created', false, 'absent'],
    ['running', false, 'running'],
    ['paused', false, 'paused'],
    ['stopped', false, 'absent'],
    ['running', true, 'absent'],
    ['paused', true, 'absent'],
  ] as const)('of an agent that is %s (suspended: %s) is %s', (lifecycle, isSuspended, wanted) => {
    expect(wantedContainer({ lifecycle, isSuspended, image: 'a' })).toBe(wanted);
    expect(wantedContainer({ lifecycle, isSuspended, image: null })).toBe('absent');
  });

  test.each([
    ['always', 0, 'restarting'],
    ['always', 1, 'restarting'],
    ['on-failure', 1, 'restarting'],
    ['on-failure', null, 'restarting'],
    ['on-failure', 0, 'stopped'],
    ['no', 0, 'stopped'],
    ['no', 137, 'failed'],
    ['no', null, 'failed'],
  ] as const)('with the policy %s that ended with %s is %s', (policy, exitCode, status) => {
    const after = afterEnding(RUNNING, ended(exitCode), policy);
    expect(after).toMatchObject({ status, exitCode, restarts: status === 'restarting' ? 1 : 0 });
    expect(hasEndedForGood(after)).toBe(status !== 'restarting');
    expect(after.error).toBe(status === 'stopped' ? null : 'it ended');
  });

  test('waits ever longer for its restart, at most a minute', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 1_000].map(restartDelayMs)).toEqual([
      ...[1_000, 2_000, 4_000, 8_000, 16_000, 32_000],
      ...[60_000, 60_000, 60_000],
    ]);
    const after = afterEnding({ ...RUNNING, restarts: 2 }, ended(1), 'always');
    expect(restartDueAt(after)).toBe(AT.getTime() + 4_000);
    expect(restartDueAt(RUNNING)).toBeNull();
  });

  test('that ran well begins anew with the shortest wait', () => {
    expect(afterEnding({ ...RUNNING, restarts: 9 }, ended(1, 600_000), 'always').restarts).toBe(1);
    expect(afterEnding({ ...RUNNING, restarts: 9 }, ended(1, 599_999), 'always').restarts).toBe(10);
  });
});

describe('a check', () => {
  test('counts failures in a row', () => {
    const once = afterCheck(null, 'timeout', AT);
    const twice = afterCheck(once, 'timeout', AT);
    expect([once.failures, twice.failures, afterCheck(twice, null, AT).failures]).toEqual([1, 2, 0]);
    expect(afterCheck(twice, null, AT)).toMatchObject({ status: 'healthy', error: null });
  });

  test('is due at once where there was none, and never right after a start', () => {
    expect(checkDueAt({ health: null, container: null }, 30_000)).toBe(0);
    expect(checkDueAt({ health: null, container: RUNNING }, 30_000)).toBe(AT.getTime() + 30_000);
    const health = afterCheck(null, null, new Date(AT.getTime() + 10_000));
    expect(checkDueAt({ health, container: RUNNING }, 30_000)).toBe(AT.getTime() + 40_000);
  });
});
