import { defineSearchAttributeKey, type SearchAttributePair, SearchAttributeType } from '@temporalio/common';
import type { Owner } from '../domain/owner.js';
import { type Endpoint, endpointId } from '../messages/endpoint.js';
import { QUEUES, type Queue } from '../messages/queues.js';
import { timerHourId } from '../messages/timer-hour.js';
import { timerWindowId } from '../messages/timer-window.js';

const MsOrg = defineSearchAttributeKey('MsOrg', SearchAttributeType.KEYWORD);
const MsKind = defineSearchAttributeKey('MsKind', SearchAttributeType.KEYWORD);

/** A workflow task of a killed worker is given to another one after this time. */
const WORKFLOW_TASK_TIMEOUT_MS = 5_000;

/** What is needed to start a workflow, all of it following from what the workflow is for. */
export interface Start {
  type: string;
  workflowId: string;
  queue: Queue;
  input: object;
  orgId: string;
  kind: string;
  summary: string;
}

export const startOfOwner = (orgId: string, { kind, startsAt }: Owner): Start => {
  const input = { orgId, startsAt: startsAt.toISOString() };
  const common = { queue: QUEUES.timers, input, orgId, kind };
  return kind === 'window'
    ? {
        ...common,
        type: 'timerWindow',
        workflowId: timerWindowId(input),
        summary: `Timers due in the 20 s from ${input.startsAt}`,
      }
    : {
        ...common,
        type: 'timerHour',
        workflowId: timerHourId(input),
        summary: `Timers due in the hour from ${input.startsAt}`,
      };
};

export const startOfEndpoint = (endpoint: Endpoint): Start => ({
  type: 'endpoint',
  workflowId: endpointId(endpoint),
  queue: QUEUES.deliveries,
  input: endpoint,
  orgId: endpoint.orgId,
  kind: 'endpoint',
  summary: `Retries to ${endpoint.receiver}`,
});

/** As the client takes it; that the workflow runs already is success. */
export const startOptions = ({ workflowId, queue, input, orgId, kind, summary }: Start) => {
  const attributes: SearchAttributePair[] = [
    { key: MsOrg, value: orgId },
    { key: MsKind, value: kind },
  ];
  return {
    workflowId,
    taskQueue: queue,
    args: [input],
    workflowIdConflictPolicy: 'USE_EXISTING' as const,
    workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
    typedSearchAttributes: attributes,
    staticSummary: summary,
  };
};
