import { ApplicationFailure, Context } from '@temporalio/activity';
import type { Database } from '../../db/database.js';
import { tellsOf } from '../../domain/ended-notice.js';
import type { TaskRef } from '../../messages/task.js';

const HEARTBEAT_MS = 5_000;

/**
 * Runs a call of a task: heartbeats while it does, and stops it when the task was cancelled. The engine tells of that
 * with a heartbeat, the row's notice at once.
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
    return await work(signal);
  } catch (error) {
    if (ended.signal.aborted) throw ApplicationFailure.nonRetryable('the task has ended', 'cancelled');
    throw error;
  } finally {
    clearInterval(beats);
    stopListening();
  }
}
