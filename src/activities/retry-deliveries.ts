import { setTimeout as delay } from 'node:timers/promises';
import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { nextDue, type TakenDelivery, takeDeliveries } from '../db/attempts.js';
import type { Database, Db } from '../db/database.js';
import { getEndpoint } from '../db/endpoints.js';
import { attemptsAllowed, type Circuit } from '../domain/circuit.js';
import type { Log } from '../log.js';
import type { Endpoint, EndpointState } from '../messages/endpoint.js';
import type { Channels } from './channels/channel.js';
import { circuitOf } from './record-circuits.js';
import type { Outcome, OutcomeRecorder } from './record-outcomes.js';

/** After this no further attempt is begun: the workflow looks at what is left and asks again. */
const RUN_MS = 60_000;
/** While attempts are under way, what became due meanwhile is looked for so often. */
const LOOK_MS = 200;
/** So often, so far apart, is tried to write what an attempt came to: for less time than its delivery is taken for. */
const RECORD_TRIES = 40;
/** What is due within this time is waited for here: the engine's own timers are up to 1 s late. */
const WAITED_FOR_MS = 1_000;
const SHORTEST_WAIT_MS = 10;
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
  /** Aborted when the worker stops. */
  stopping?: AbortSignal;
  now?: () => number;
  wait?: (ms: number) => Promise<unknown>;
}

/**
 * Makes the attempts that are due at a receiver, as many at once as its circuit allows. The rows say what is done:
 * a run that is cut off, or one too many, only delays. Answers what is left.
 */
export function createRetryDeliveries(given: RetryDeliveriesOptions) {
  const options = { now: Date.now, wait: delay, ...given };
  const { database, log, now, wait, stopping } = options;

  async function run(endpoint: Endpoint): Promise<EndpointState> {
    const attempts = createAttempts(options, endpoint);
    try {
      return await rounds(endpoint, attempts);
    } finally {
      // What is under way when a statement fails is written all the same: it would be sent again.
      while (await attempts.recordEnded());
    }
  }

  async function rounds(endpoint: Endpoint, attempts: Attempts): Promise<EndpointState> {
    const endsAt = now() + RUN_MS;
    const cancelled = cancellationSignal();
    for (;;) {
      const circuit = circuitOf(await getEndpoint(database.db, endpoint));
      const isOver = now() >= endsAt || cancelled.aborted || stopping?.aborted === true;
      if (!isOver && (await attempts.begin(circuit))) continue;
      if (await attempts.recordEnded()) continue;
      const state = await stateOf(database.db, endpoint, circuit);
      const waitMs = state.nextAttemptAt === null ? null : Date.parse(state.nextAttemptAt) - now();
      if (isOver || waitMs === null || waitMs > WAITED_FOR_MS) return state;
      await wait(Math.max(waitMs, SHORTEST_WAIT_MS));
    }
  }

  return async function retryDeliveries(endpoint: Endpoint): Promise<EndpointState> {
    const beating = setInterval(heartbeat, HEARTBEAT_MS);
    try {
      return await run(endpoint);
    } catch (error) {
      log.error(
        { org: endpoint.orgId, receiver: endpoint.receiver, error },
        'Deliveries could not be retried; tried again',
      );
      throw error;
    } finally {
      clearInterval(beating);
    }
  };
}

type Options = RetryDeliveriesOptions & { now: () => number };
type Attempts = ReturnType<typeof createAttempts>;

/** Attempts at one receiver, side by side: one that takes long holds up no other. */
function createAttempts(options: Options, endpoint: Endpoint) {
  const { recorder, attemptTimeoutMs, now } = options;
  const { db } = options.database;
  const underWay = new Set<Promise<void>>();
  const ended: Outcome[] = [];

  /** Waits for a database that is away: what was sent and is not written is sent again. */
  async function record(outcomes: readonly Outcome[]): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await recorder.record(db, { orgId: endpoint.orgId, outcomes, owned: endpoint.receiver });
      } catch (error) {
        if (tries === RECORD_TRIES) throw error;
        await delay(LOOK_MS);
      }
    }
  }

  function start(delivery: TakenDelivery): void {
    const attempted = attempt(options, delivery).then((outcome) => {
      ended.push(outcome);
      underWay.delete(attempted);
    });
    underWay.add(attempted);
  }

  return {
    /** Begins what is due, as much as the circuit allows; answers whether that was anything. */
    async begin(circuit: Circuit): Promise<boolean> {
      const isOff = circuit.state === 'off';
      const most = isOff ? ENDED_AT_ONCE : attemptsAllowed(circuit, now()) - underWay.size - ended.length;
      if (most <= 0) return false;
      const until = new Date(now() + attemptTimeoutMs + MARGIN_MS);
      const taken = await takeDeliveries(db, endpoint, {
        dueAt: isOff ? null : new Date(now()),
        most,
        until,
      });
      if (isOff && taken.length > 0) await record(taken.map((delivery) => unsent(delivery, now())));
      else for (const delivery of taken) start(delivery);
      return taken.length > 0;
    },

    /** Writes what has ended, or waits a moment for that; false where nothing is under way. */
    async recordEnded(): Promise<boolean> {
      if (underWay.size === 0 && ended.length === 0) return false;
      if (ended.length === 0) await Promise.race([...underWay, delay(LOOK_MS)]);
      if (ended.length > 0) await record(ended.splice(0));
      return true;
    },
  };
}

async function attempt({ channels, now }: Options, delivery: TakenDelivery): Promise<Outcome> {
  const startedAt = now();
  const result = await channels[delivery.channel].deliver(delivery);
  return { delivery, result, at: new Date(startedAt), durationMs: now() - startedAt };
}

const unsent = (delivery: TakenDelivery, now: number): Outcome => ({
  delivery,
  result: { kind: 'dead', error: 'endpoint_disabled' },
  at: new Date(now),
  durationMs: null,
});

async function stateOf(db: Db, endpoint: Endpoint, circuit: Circuit): Promise<EndpointState> {
  const { pending, at } = await nextDue(db, endpoint);
  const openedUntil = circuit.state === 'open' ? circuit.openedUntil : 0;
  const nextAttemptAt = at && new Date(Math.max(at.getTime(), openedUntil)).toISOString();
  return { circuit: circuit.state, failures: circuit.failures, pending, nextAttemptAt };
}
