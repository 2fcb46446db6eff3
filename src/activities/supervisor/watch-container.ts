import { ApplicationFailure } from '@temporalio/activity';
import type { ContainerRuntime } from '../../containers/container-runtime.js';

/** Ends when a container has ended or is gone. A worker that stops hands it over to another one. */
export const createWatchContainer =
  (runtime: ContainerRuntime, stopping: AbortSignal) =>
  async (id: string, cancelled: AbortSignal): Promise<void> => {
    await runtime.waitForEnd(id, AbortSignal.any([cancelled, stopping]));
    if (stopping.aborted) throw ApplicationFailure.retryable('the worker stops', 'stopping');
  };
