import { sleep } from '@temporalio/workflow';

/** What nobody may release: it sleeps where the recorded runs did something else. */
export async function timerWindow(): Promise<void> {
  await sleep(1_234);
  await sleep(1_234);
}
