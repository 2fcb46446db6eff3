import type { DeliveryChange } from '../db/attempts.js';
import { nextAttempt } from '../domain/retry.js';
import type { Attempt } from '../schemas/delivery.js';
import type { AttemptResult, OutgoingDelivery } from './channels/channel.js';

/** What an attempt at a delivery came to. */
export interface Outcome {
  delivery: OutgoingDelivery;
  result: AttemptResult;
  /** When the attempt began. */
  at: Date;
  /** Null where nothing was sent: the delivery ended without an attempt. */
  durationMs: number | null;
}

/** An outcome with what follows from it. */
export interface PlannedOutcome extends Outcome {
  change: DeliveryChange;
  /** The delivery has failed often enough, or for good: its escalation is due. */
  isEscalated: boolean;
}

/** What was not sent for want of a connection comes again after so long. */
const UNSENT_WAIT_MS = 1_000;

/** Whether something was sent, or tried to be. */
export const wasAttempted = ({ result, durationMs }: Outcome): boolean =>
  durationMs !== null && result.kind !== 'unsent';

/** What follows from an outcome. `random` is from 0 to 1, `now` ms since 1970. */
export function planOutcome(outcome: Outcome, random: number, now: number): PlannedOutcome {
  const { delivery, result, durationMs } = outcome;
  const { attemptNumber, escalation } = delivery;
  const nextAttemptAt = nextAt(outcome, random, now);
  const status = result.kind === 'delivered' ? 'delivered' : nextAttemptAt ? 'pending' : 'dead';
  const change: DeliveryChange = {
    orgId: delivery.orgId,
    id: delivery.id,
    epoch: delivery.epoch,
    attemptCount: attemptNumber - 1,
    status,
    attempt: durationMs !== null && wasAttempted(outcome) ? attemptOf(outcome, durationMs) : null,
    statusCode: statusCodeOf(result),
    error: result.kind === 'delivered' ? null : result.error,
    nextAttemptAt,
    endedAt: status === 'pending' ? null : new Date(now),
  };
  const isEscalated =
    escalation !== null &&
    status !== 'delivered' &&
    result.kind !== 'unsent' &&
    (status === 'dead' || attemptNumber === escalation.afterAttempts);
  return { ...outcome, change, isEscalated };
}

function nextAt({ delivery, result }: Outcome, random: number, now: number): Date | null {
  if (result.kind === 'unsent') return new Date(now + UNSENT_WAIT_MS * (1 + random));
  if (result.kind !== 'retry') return null;
  const { policy, attemptNumber, attemptsBefore = 0 } = delivery;
  const { retryAfterMs } = result;
  const next = nextAttempt({
    policy,
    attemptNumber: attemptNumber - attemptsBefore,
    retryAfterMs,
    random,
    now,
  });
  return next.kind === 'retry' ? new Date(next.at) : null;
}

const statusCodeOf = ({ kind, ...result }: AttemptResult) => result.statusCode ?? null;

function attemptOf({ delivery, result, at }: Outcome, durationMs: number): Attempt {
  const { statusCode, answer } = result;
  return {
    number: delivery.attemptNumber,
    at: at.toISOString(),
    durationMs: Math.round(durationMs),
    ...(statusCode === undefined ? {} : { statusCode }),
    ...(result.kind === 'delivered' ? {} : { error: result.error }),
    ...(answer === undefined ? {} : { answer }),
    ...(result.kind === 'retry' && result.settled ? { settled: [...result.settled] } : {}),
  };
}
