import { ApplicationFailure, proxyActivities } from '@temporalio/workflow';

const { tell } = proxyActivities<{ tell(secret: string): Promise<string> }>({ startToCloseTimeout: '5s' });

/** Carries a secret through input, activity and failure. */
export async function whisper(secret: string): Promise<void> {
  throw ApplicationFailure.nonRetryable(`failed with ${await tell(secret)}`);
}
