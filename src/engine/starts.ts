import type { SearchAttributePair } from '@temporalio/common';
import type { Owner } from '../domain/owner.js';
import { priorityKeyOf } from '../domain/task-priority.js';
import { type AgentRef, agentWorkflowId } from '../messages/agent.js';
import { type BrokerRef, brokerWorkflowId } from '../messages/broker.js';
import { type Endpoint, endpointId } from '../messages/endpoint.js';
import { mailboxWorkflowId } from '../messages/mailbox.js';
import { QUEUES, type Queue } from '../messages/queues.js';
import { MsAgent, MsKind, MsOrg } from '../messages/search-attributes.js';
import { supervisorWorkflowId } from '../messages/supervisor.js';
import { type TaskInput, type TaskRef, taskWorkflowId } from '../messages/task.js';
import { timerHourId } from '../messages/timer-hour.js';
import { timerWindowId } from '../messages/timer-window.js';

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
  /** Of an agent, or of work for one. */
  agentId?: string;
  /** Of work that waits its turn: 1, 3, 5, 7 or 9. */
  priority?: number;
  /** It waits for this moment before it begins. */
  startsAt?: Date | undefined;
}

/** What a task's workflow is started with besides its id. */
export interface AboutTask {
  priority: number;
  agentId: string;
  startsAt?: Date | undefined;
  /** Nothing waits: it may begin by the shortest way. */
  isFirst?: boolean;
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

export const startOfAgent = (ref: AgentRef): Start => ({
  type: 'agent',
  workflowId: agentWorkflowId(ref),
  queue: QUEUES.agents,
  input: ref,
  orgId: ref.orgId,
  kind: 'agent',
  summary: 'An agent, from its creation to its deletion',
  agentId: ref.agentId,
});

export const startOfMailbox = (ref: AgentRef): Start => ({
  type: 'mailbox',
  workflowId: mailboxWorkflowId(ref),
  queue: QUEUES.agents,
  input: ref,
  orgId: ref.orgId,
  kind: 'mailbox',
  summary: 'Has the messages of an agent handled',
  agentId: ref.agentId,
});

export const startOfSupervisor = (ref: AgentRef): Start => ({
  type: 'supervisor',
  workflowId: supervisorWorkflowId(ref),
  queue: QUEUES.agents,
  input: ref,
  orgId: ref.orgId,
  kind: 'supervisor',
  summary: 'Keeps the container of an agent, and asks whether it is well',
  agentId: ref.agentId,
});

export const startOfBroker = (ref: BrokerRef): Start => ({
  type: 'broker',
  workflowId: brokerWorkflowId(ref),
  queue: QUEUES.brokers,
  input: ref,
  orgId: ref.orgId,
  kind: 'broker',
  summary: 'Keeps the connection to a broker',
});

export const startOfTask = (
  ref: TaskRef,
  { priority, agentId, startsAt, isFirst = false }: AboutTask,
): Start => ({
  type: 'task',
  workflowId: taskWorkflowId(ref),
  queue: QUEUES.tasks,
  input: isFirst ? ({ ...ref, isFirst } satisfies TaskInput) : ref,
  orgId: ref.orgId,
  kind: 'task',
  summary: 'A task of an agent, from its start to its result',
  agentId,
  priority,
  startsAt,
});

/** As the client takes it; that the workflow runs already is success. */
export const startOptions = ({
  workflowId,
  queue,
  input,
  orgId,
  kind,
  summary,
  agentId,
  priority,
  startsAt,
}: Start) => {
  const attributes: SearchAttributePair[] = [
    { key: MsOrg, value: orgId },
    { key: MsKind, value: kind },
    ...(agentId === undefined ? [] : [{ key: MsAgent, value: agentId }]),
  ];
  const delayMs = startsAt === undefined ? 0 : startsAt.getTime() - Date.now();
  return {
    workflowId,
    taskQueue: queue,
    args: [input],
    workflowIdConflictPolicy: 'USE_EXISTING' as const,
    workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
    typedSearchAttributes: attributes,
    staticSummary: summary,
    // Organisations take turns within a priority.
    ...(priority === undefined
      ? {}
      : { priority: { priorityKey: priorityKeyOf(priority), fairnessKey: orgId } }),
    ...(delayMs > 0 ? { startDelay: delayMs } : {}),
  };
};
