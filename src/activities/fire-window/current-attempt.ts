import { activityInfo } from '@temporalio/activity';
import { ActivityNotFoundError, type Client } from '@temporalio/client';

/** Temporal answers within this time, or is taken to be away. */
const ANSWER_LIMIT_MS = 2_000;

/**
 * Whether Temporal still counts on this attempt of the activity. It does not when the process was stopped for longer
 * than the heartbeat timeout, also when it had taken the attempt without knowing: then the work is another's. While
 * Temporal is away this is not known, and the window's epoch decides alone.
 */
export async function isCurrentAttempt(client: Client): Promise<boolean> {
  const { taskToken } = activityInfo();
  try {
    await client.withDeadline(Date.now() + ANSWER_LIMIT_MS, () => client.activity.heartbeat(taskToken));
    return true;
  } catch (error) {
    return !(error instanceof ActivityNotFoundError);
  }
}
