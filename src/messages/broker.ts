import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { BrokerStatus } from '../schemas/broker.js';

export interface BrokerRef {
  orgId: string;
  brokerId: string;
}

/** A broker outside as its workflow last saw it. */
export interface BrokerState {
  name: string;
  status: BrokerStatus;
  error: string | null;
}

/** The workflow that keeps the connection to a broker. */
export const brokerWorkflowId = ({ orgId, brokerId }: BrokerRef) => `broker/${orgId}/${brokerId}`;

export const brokerQuery = defineQuery<BrokerState | null>('broker');
/** The broker was changed or deleted: look again. */
export const brokerChanged = defineSignal('brokerChanged');
