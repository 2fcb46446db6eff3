import {
  ActivityFailure,
  CancellationScope,
  condition,
  isCancellation,
  sleep,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { AgentRef, AgentState } from '../messages/agent.js';
import { endSession, keepSession } from './proxies.js';

/** An agent's open session. */
export interface Session {
  deadlineMs: number;
  /** Whether heartbeats stayed out for the deadline; false when it was ended. */
  ended: Promise<boolean>;
  close(): Promise<void>;
}

/** A clock that is slightly behind must not make it a loop. */
const SHORTEST_MS = 100;
const FAILED_WAIT_MS = 1_000;
/** How long a session that was told to end may take before it is told again. */
const END_AGAIN_MS = 2_000;

/** The activity that the agent's heartbeats keep alive, and that others complete. */
export function openSession(ref: AgentRef, { deadlineMs, silentInMs }: AgentState): Session {
  const scope = new CancellationScope();
  let hasEnded = false;
  const ended = scope
    .run(() => keepSession(Math.max(SHORTEST_MS, silentInMs))())
    .then(() => false, whetherSilent)
    .finally(() => {
      hasEnded = true;
    });
  return {
    deadlineMs,
    ended,
    async close() {
      // One that no worker has begun is cancelled, one that was begun is completed.
      scope.cancel();
      while (!hasEnded) {
        await endSession(ref);
        await condition(() => hasEnded, END_AGAIN_MS);
      }
    },
  };
}

/** One that could not begin at all is tried again after a moment. */
async function whetherSilent(error: unknown): Promise<boolean> {
  if (isSilence(error) || isCancellation(error)) return isSilence(error);
  await CancellationScope.nonCancellable(() => sleep(FAILED_WAIT_MS));
  return false;
}

const isSilence = (error: unknown) =>
  error instanceof ActivityFailure &&
  error.cause instanceof TimeoutFailure &&
  error.cause.timeoutType === 'HEARTBEAT';
