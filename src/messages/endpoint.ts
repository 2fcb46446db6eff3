import { defineQuery, defineSignal } from '@temporalio/workflow';

export interface Endpoint {
  orgId: string;
  /** Scheme, host and port. */
  receiver: string;
}

/** What is left to deliver to a receiver, as its workflow last saw it. */
export interface EndpointState {
  circuit: 'closed' | 'open' | 'off';
  failures: number;
  pending: number;
  /** ISO 8601, or null when nothing is left. */
  nextAttemptAt: string | null;
}

export const endpointId = ({ orgId, receiver }: Endpoint) => `endpoint/${orgId}/${receiver}`;

export const endpointQuery = defineQuery<EndpointState>('endpoint');
/** Something became due sooner than the workflow knows: a new failure, a redelivery. */
export const wake = defineSignal('wake');
