import { setTimeout as delay } from 'node:timers/promises';
import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import type { Database } from '../../db/database.js';
import { isUnavailable } from '../../db/database-error.js';
import { tellsOf } from '../../domain/ended-notice.js';
import type { TaskRef } from '../../messages/task.js';

const HEARTBEAT_MS = 5_000;
const AWAY_MS = 1_000;

/** The attempts of a call are for what it calls: while our own database is away it waits. */
async function whileReachable<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      await delay(AWAY_MS, undefined, { signal }).catch(() => {
        throw new CancelledFailure('was cancelled');
      });
    }
  }
}

/**
 * Runs a call of a task: heartbeats while it does, and stops it when the task was cancelled. The engine tells of that
 * with a heartbeat, the row's notice at once. `work` runs again when the database was away meanwhile.
 */
export async function whileRunning<T>(
  { listen }: Pick<Database, 'listen'>,
  { orgId, taskId }: TaskRef,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { cancellationSignal, heartbeat } = Context.current();
  const ended = new AbortController();
  const stopListening = listen('ended', (notice) => {
    if (notice !== null && tellsOf(notice, orgId, taskId)) ended.abort();
  });
  const beats = setInterval(() => heartbeat(), HEARTBEAT_MS);
  const signal = AbortSignal.any([cancellationSignal, ended.signal]);
  try {
    return await whileReachable(() => work(signal), signal);
  } catch (error) {
    if (ended.signal.aborted) throw ApplicationFailure.nonRetryable('the task has ended', 'cancelled');
    throw error;
  } finally {
    clearInterval(beats);
    stopListening();
  }
}
