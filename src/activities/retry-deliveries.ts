import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { nextDue, type TakenDelivery, takeDeliveries } from '../db/attempts.js';
import type { Database } from '../db/database.js';
import { getEndpoint } from '../db/endpoints.js';
import { attemptsAllowed, type Circuit } from '../domain/circuit.js';
import type { Log } from '../log.js';
import type { Endpoint, EndpointState } from '../messages/endpoint.js';
import type { Channels } from './channels/channel.js';
import { circuitOf } from './record-circuits.js';
import type { Outcome, OutcomeRecorder } from './record-outcomes.js';

/** After this no further attempt is begun: the workflow looks at what is left and asks again. */
const RUN_MS = 10_000;
const HEARTBEAT_MS = 5_000;
/** Added to the time limit of an attempt before its delivery may be taken by another run. */
const MARGIN_MS = 15_000;
/** Of a receiver that is switched off, so many deliveries end at once. */
const ENDED_AT_ONCE = 200;

export interface RetryDeliveriesOptions {
  database: Database;
  channels: Channels;
  recorder: OutcomeRecorder;
  log: Log;
  /** The longest that an attempt takes. */
  attemptTimeoutMs: number;
  now?: () => number;
}

/**
 * Makes the attempts that are due at a receiver, as many at once as its circuit allows. The rows say what is done:
 * a run that is cut off, or one too many, only delays. Answers what is left.
 */
export function createRetryDeliveries({
  database,
  channels,
  recorder,
  log,
  attemptTimeoutMs,
  now = Date.now,
}: RetryDeliveriesOptions) {
  const { db } = database;

  async function attempt(delivery: TakenDelivery): Promise<Outcome> {
    const startedAt = now();
    const result = await channels[delivery.channel].deliver(delivery);
    return { delivery, result, at: new Date(startedAt), durationMs: now() - startedAt };
  }

  const endUnsent = (delivery: TakenDelivery): Outcome => ({
    delivery,
    result: { kind: 'dead', error: 'endpoint_disabled' },
    at: new Date(now()),
    durationMs: null,
  });

  /** Whether there may be more to do now. */
  async function workOnce(endpoint: Endpoint, circuit: Circuit): Promise<boolean> {
    const isOff = circuit.state === 'off';
    const most = isOff ? ENDED_AT_ONCE : attemptsAllowed(circuit, now());
    if (most === 0) return false;
    const until = new Date(now() + attemptTimeoutMs + MARGIN_MS);
    const taken = await takeDeliveries(db, endpoint, { dueAt: isOff ? null : new Date(now()), most, until });
    const outcomes = isOff ? taken.map(endUnsent) : await Promise.all(taken.map(attempt));
    if (outcomes.length > 0)
      await recorder.record(db, { orgId: endpoint.orgId, outcomes, owned: endpoint.receiver });
    return outcomes.length > 0;
  }

  async function stateOf(endpoint: Endpoint, circuit: Circuit): Promise<EndpointState> {
    const { pending, at } = await nextDue(db, endpoint);
    const openedUntil = circuit.state === 'open' ? circuit.openedUntil : 0;
    const nextAttemptAt = at && new Date(Math.max(at.getTime(), openedUntil)).toISOString();
    return { circuit: circuit.state, failures: circuit.failures, pending, nextAttemptAt };
  }

  return async function retryDeliveries(endpoint: Endpoint): Promise<EndpointState> {
    const endsAt = now() + RUN_MS;
    const cancelled = cancellationSignal();
    const beating = setInterval(heartbeat, HEARTBEAT_MS);
    try {
      for (;;) {
        const circuit = circuitOf(await getEndpoint(db, endpoint));
        const isOver = now() >= endsAt || cancelled.aborted;
        if (isOver || !(await workOnce(endpoint, circuit))) return await stateOf(endpoint, circuit);
      }
    } catch (error) {
      log.error(
        { org: endpoint.orgId, error: String(error) },
        'Deliveries could not be retried; tried again',
      );
      throw error;
    } finally {
      clearInterval(beating);
    }
  };
}
