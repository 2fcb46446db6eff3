import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import { watchContainer } from './proxies.js';

/** Somebody who waits for the end of a container. */
export interface Watch {
  /** The container's. */
  id: string;
  close(): void;
}

/** Nobody looks again at once, time after time, where watching fails. */
const FAILED_WAIT_MS = 5_000;

/** Calls back once, when the container has ended, or when that could not be waited for. */
export function watchEnd(id: string, onEnd: () => void): Watch {
  const scope = new CancellationScope();
  scope
    .run(async () => {
      await watchContainer(id).catch((error: unknown) => {
        if (isCancellation(error)) throw error;
        return sleep(FAILED_WAIT_MS);
      });
      onEnd();
    })
    .catch(() => undefined);
  return { id, close: () => scope.cancel() };
}
