import { continueAsNew, log, sleep, workflowInfo } from '@temporalio/workflow';
import { SWEEP_EVERY_MS, type SweepInput } from '../messages/sweep.js';
import { rearmOverdue, restoreOwners } from './proxies.js';

/** 6 events a round: well below 4,096 in a run. */
const ROUNDS = 500;

/**
 * Re-arms whatever is overdue, for any reason, every 15 s. One run serves all organisations. The first one of all finds a
 * Temporal that knows nothing of Mainspring, because it is new or was lost: beside its rounds, which would make each
 * timer late, it has the owners of all of them started.
 */
export async function sweep({ isNew = false }: SweepInput = {}): Promise<void> {
  let isRestored = !isNew;
  const restore = async (): Promise<void> => {
    await restoreOwners();
    isRestored = true;
  };
  if (isNew) {
    restore().catch((error: unknown) => log.warn('Not all owners of timers were started', { error }));
    // A round is a local activity: what is to happen beside the first one would begin only after it.
    await sleep(1);
  }
  for (let round = 0; round < ROUNDS && !workflowInfo().continueAsNewSuggested; round++) {
    await rearmOverdue().catch((error: unknown) =>
      log.warn('A sweep failed; the next one follows', { error }),
    );
    await sleep(SWEEP_EVERY_MS);
  }
  await continueAsNew<typeof sweep>(isRestored ? {} : { isNew: true });
}
