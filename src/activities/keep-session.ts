import { CompleteAsyncError } from '@temporalio/activity';

/** Begins an agent's session: its heartbeats come over the API, and whoever ends it completes it. */
export async function keepSession(): Promise<void> {
  throw new CompleteAsyncError();
}
