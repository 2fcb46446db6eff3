import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { AgentRef } from './agent.js';

/** An agent's mailbox as its workflow sees it. */
export interface MailboxState {
  name: string;
  /** Messages that wait. */
  queued: number;
  /** Ids of the messages that are being handled. */
  handling: string[];
  /** ISO 8601: when the first one that waits for its next delivery may be given, or null. */
  nextAt: string | null;
}

/** A message that a task is handling. */
export interface HandledMail {
  messageId: string;
  taskId: string;
  /** Of the task. */
  priority: number;
}

/** What a look at an agent's mail comes to. */
export interface MailLook extends Pick<MailboxState, 'name' | 'queued' | 'nextAt'> {
  handling: HandledMail[];
  /** Whether no task waited its turn when these were taken; left out where looks do not say so. */
  isFirst?: boolean;
}

/** The workflow that has an agent's messages handled here. */
export const mailboxWorkflowId = ({ orgId, agentId }: AgentRef) => `mailbox/${orgId}/${agentId}`;

export const mailboxQuery = defineQuery<MailboxState>('mailbox');
/** Messages came, or the agent was changed: look again. */
export const mailArrived = defineSignal('mailArrived');
