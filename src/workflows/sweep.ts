import { continueAsNew, log, sleep, workflowInfo } from '@temporalio/workflow';
import { SWEEP_EVERY_MS } from '../messages/sweep.js';
import { rearmOverdue } from './proxies.js';

/** 6 events a round: well below 4,096 in a run. */
const ROUNDS = 500;

/** Re-arms whatever is overdue, for any reason, every 15 s. One run serves all organisations. */
export async function sweep(): Promise<void> {
  for (let round = 0; round < ROUNDS && !workflowInfo().continueAsNewSuggested; round++) {
    await rearmOverdue().catch((error: unknown) =>
      log.warn('A sweep failed; the next one follows', { error }),
    );
    await sleep(SWEEP_EVERY_MS);
  }
  await continueAsNew<typeof sweep>();
}
