import { describe, expect, test } from '@jest/globals';
import type { AttemptResult, OutgoingDelivery } from '../../src/activities/channels/channel.js';
import { planOutcome } from '../../src/activities/plan-outcome.js';
import { aDelivery, outgoing } from '../support/deliveries.js';

const NOW = Date.parse('2030-01-31T09:00:00.000Z');
const FAILED: AttemptResult = { kind: 'retry', error: 'status_500', statusCode: 500 };

function planned(result: AttemptResult, given: Partial<OutgoingDelivery> = {}) {
  const outcome = { delivery: outgoing(aDelivery(), given), result, at: new Date(NOW - 7), durationMs: 7 };
  return planOutcome(outcome, 0.5, NOW);
}

describe('an outcome', () => {
  test('that is success ends the delivery', () => {
    expect(planned({ kind: 'delivered', statusCode: 204, answer: '' }).change).toMatchObject({
      ...{ status: 'delivered', statusCode: 204, error: null, nextAttemptAt: null, endedAt: new Date(NOW) },
      attempt: { number: 1, at: '2030-01-31T08:59:59.993Z', durationMs: 7, statusCode: 204 },
    });
  });

  test('that is a failure is followed by another attempt', () => {
    const { change } = planned(FAILED);
    expect(change).toMatchObject({ status: 'pending', error: 'status_500', endedAt: null });
    expect(change.nextAttemptAt).toEqual(new Date(NOW + 1_000));
  });

  test('keeps whom the next attempt need not be for', () => {
    const { change } = planned({ ...FAILED, settled: ['a@example.com'] });
    expect(change.attempt).toMatchObject({ error: 'status_500', settled: ['a@example.com'] });
  });

  test('that is final ends it dead', () => {
    const { change } = planned({ kind: 'dead', error: 'status_410', statusCode: 410 });
    expect(change).toMatchObject({ status: 'dead', nextAttemptAt: null, endedAt: new Date(NOW) });
  });

  test('that was the last of its policy ends it dead', () => {
    const policy = { maxAttempts: 3 };
    expect(planned(FAILED, { policy, attemptNumber: 2 }).change.status).toBe('pending');
    expect(planned(FAILED, { policy, attemptNumber: 3 }).change.status).toBe('dead');
  });

  test('of a delivery that was sent anew counts from there, its number goes on', () => {
    const { change } = planned(FAILED, { policy: { maxAttempts: 3 }, attemptNumber: 4, attemptsBefore: 3 });
    expect(change).toMatchObject({ status: 'pending', attempt: { number: 4 } });
    expect(change.nextAttemptAt).toEqual(new Date(NOW + 1_000));
  });

  test('waits as long as the receiver asked', () => {
    const { change } = planned({ ...FAILED, retryAfterMs: 90_000 });
    expect(change.nextAttemptAt).toEqual(new Date(NOW + 90_000));
  });
});

describe('an escalation', () => {
  const escalation = { afterAttempts: 3, action: { type: 'log' as const } };

  test.each([
    [1, false],
    [2, false],
    [3, true],
    [4, false],
  ])('after 3 attempts is not due after %i: %s', (attemptNumber, isEscalated) => {
    expect(planned(FAILED, { escalation, attemptNumber }).isEscalated).toBe(isEscalated);
  });

  test('is due when the delivery dies earlier', () => {
    expect(planned({ kind: 'dead', error: 'status_404' }, { escalation }).isEscalated).toBe(true);
    expect(planned(FAILED, { escalation, policy: { maxAttempts: 1 } }).isEscalated).toBe(true);
  });

  test('is not due when the delivery arrives', () => {
    expect(planned({ kind: 'delivered' }, { escalation, attemptNumber: 3 }).isEscalated).toBe(false);
  });

  test('is not due where there is none', () => {
    expect(planned({ kind: 'dead', error: 'status_404' }).isEscalated).toBe(false);
  });
});
