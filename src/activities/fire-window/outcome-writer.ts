import { setTimeout as delay } from 'node:timers/promises';
import { type FiredTimer, finishTimers } from '../../db/claims.js';
import type { Database } from '../../db/database.js';
import { holdWindow, type WindowKey } from '../../db/windows.js';
import { endedNotices } from '../../domain/ended-notice.js';
import type { Outcome, OutcomeRecorder } from '../record-outcomes.js';
import { OvertakenError } from './claim.js';

/** Outcomes of so many ms go into one transaction. */
const BATCH_MS = 25;
const RETRY_MS = 250;
/** What is due goes first, for so long. */
const PATIENCE_MS = 500;
const STEP_MS = 5;

/** What became of a timer's first attempts. */
export interface FinishedFiring {
  timer: FiredTimer;
  outcomes: Outcome[];
  /** Not attempted: left to the receiver's endpoint workflow. */
  postponed: { id: string; receiver: string }[];
}

export interface OutcomeWriter {
  /** Resolves when it is written; never rejects but with {@link OvertakenError}, once the epoch is over. */
  write(finished: FinishedFiring): Promise<void>;
}

export interface OutcomeWriterOptions {
  database: Database;
  recorder: OutcomeRecorder;
  window: WindowKey;
  epoch: number;
  /** Whether there is much to claim or to send: that is due now, outcomes can wait a little. */
  isBusy: () => boolean;
  /** Called when a batch could not be written; it is tried again. */
  onFailure: (error: unknown) => void;
}

export function createOutcomeWriter({
  database,
  recorder,
  window,
  epoch,
  isBusy,
  onFailure,
}: OutcomeWriterOptions): OutcomeWriter {
  let open: { batch: FinishedFiring[]; written: Promise<void> } | null = null;
  let before: Promise<void> = Promise.resolve();

  async function writeOnce(batch: FinishedFiring[]): Promise<void> {
    const timers = batch.map(({ timer }) => timer);
    const postponed = batch.flatMap((finished) => finished.postponed);
    await recorder.record(database.db, {
      orgId: window.orgId,
      outcomes: batch.flatMap((finished) => finished.outcomes),
      postponed,
      guard: async (tx) => {
        if (!(await holdWindow(tx, window, epoch))) throw new OvertakenError();
      },
      finish: (tx) =>
        finishTimers(
          tx,
          window.orgId,
          timers,
          endedNotices(
            window.orgId,
            timers.map(({ id }) => id),
          ),
        ),
    });
  }

  async function writeUntilDone(batch: FinishedFiring[]): Promise<void> {
    for (;;) {
      try {
        return await writeOnce(batch);
      } catch (error) {
        if (error instanceof OvertakenError) throw error;
        onFailure(error);
        await delay(RETRY_MS);
      }
    }
  }

  async function collect(batch: FinishedFiring[], previous: Promise<void>): Promise<void> {
    await delay(BATCH_MS);
    await previous;
    const patientUntil = Date.now() + PATIENCE_MS;
    while (isBusy() && Date.now() < patientUntil) await delay(STEP_MS);
    open = null;
    await writeUntilDone(batch);
  }

  return {
    write(finished) {
      if (!open) {
        const batch: FinishedFiring[] = [];
        open = { batch, written: collect(batch, before) };
        before = open.written.catch(() => undefined);
      }
      open.batch.push(finished);
      return open.written;
    },
  };
}
