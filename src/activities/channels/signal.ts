import type { Client } from '@temporalio/client';
import { isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { isSignalTarget } from '../../domain/signal-target.js';
import type { AttemptResult, Channel } from './channel.js';

const TIMEOUT_MS = 5_000;
/** gRPC's INVALID_ARGUMENT: the signal itself is wrong, and stays so. */
const INVALID_ARGUMENT = 3;

/** Signals a workflow of the caller's own organisation. The body is the list of arguments. */
export function createSignalChannel(client: Pick<Client, 'workflow' | 'withDeadline'>): Channel {
  return {
    async deliver({ orgId, request: { workflowId = '', signal = '' }, body }) {
      // Checked when the timer was created; a foreign workflow is as unknown as one that does not exist.
      if (!isSignalTarget(workflowId, orgId)) return { kind: 'dead', error: 'workflow_not_found' };
      const args: unknown = JSON.parse(body);
      try {
        await client.withDeadline(Date.now() + TIMEOUT_MS, () =>
          client.workflow.getHandle(workflowId).signal(signal, ...(Array.isArray(args) ? args : [])),
        );
        return { kind: 'delivered' };
      } catch (error) {
        return resultOf(error);
      }
    },
  };
}

function resultOf(error: unknown): AttemptResult {
  if (error instanceof WorkflowNotFoundError) return { kind: 'dead', error: 'workflow_not_found' };
  const cause = error instanceof Error ? error.cause : undefined;
  if (isGrpcServiceError(cause) && cause.code === INVALID_ARGUMENT)
    return { kind: 'dead', error: 'signal_refused' };
  return { kind: 'retry', error: 'engine_unreachable' };
}
