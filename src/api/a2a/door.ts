import { type SendMessageRequest, type StreamResponse, TaskState } from '@a2a-js/sdk';
import { RequestMalformedError, TaskNotFoundError, UnsupportedOperationError } from '@a2a-js/sdk/errors';
import type { Services } from '../services.js';
import type { OwnTask } from './a2a-task.js';
import { keyOf, readDecision, readSent, type Sent, taskWish } from './read-message.js';
import type { TaskCalls } from './task-calls.js';
import { updatesOf } from './task-updates.js';

/** A request that is to be answered when the task has ended is answered then, or after so long. */
const LONGEST_WAIT_MS = 300_000;

export interface DoorOptions {
  orgId: string;
  /** Whose door it is; null: anybody's of the organisation, who is named in each message. */
  agent: { id: string; name: string } | null;
  calls: TaskCalls;
  /** Aborted when the caller goes away, or the process stops. */
  signal: AbortSignal;
}

/** The task of a message, and whether it goes on because of what was decided. */
interface Taken {
  id: string;
  isGoingOn: boolean;
}

/** The tasks of an agent, or of an organisation, for one request. */
export class Door {
  constructor(
    private readonly options: DoorOptions,
    private readonly services: Services,
  ) {}

  /** A task, if it is one of this door's. */
  async read(id: string): Promise<OwnTask> {
    const { agent, calls } = this.options;
    const task = await calls.get(id);
    if (agent && task.agent_id !== agent.id) throw new TaskNotFoundError('there is no such task');
    return task;
  }

  /** Begins a task, or decides for one that waits. */
  async take(request: SendMessageRequest): Promise<Taken> {
    const { calls, orgId } = this.options;
    const sent = readSent(request);
    const { taskId } = sent.message;
    if (taskId) return this.decide(taskId, sent);
    const id = await calls.create(taskWish(sent, this.agentNameOf(sent), orgId), keyOf(sent.message));
    return { id, isGoingOn: false };
  }

  private agentNameOf({ metadata }: Sent): string {
    const name = this.options.agent?.name ?? metadata.agent_name;
    if (typeof name === 'string') return name;
    throw new RequestMalformedError('name the agent in the metadata of the message, as agent_name');
  }

  private async decide(id: string, sent: Sent): Promise<Taken> {
    const task = await this.read(id);
    const decision = task.status === 'awaiting_approval' ? readDecision(sent) : null;
    if (!decision) {
      const words = 'this task takes no message: begin another one with its contextId';
      throw new UnsupportedOperationError(`${words}; one that is input-required takes approve or reject`);
    }
    const { tool_calls: toolCalls = [] } = await this.options.calls.decide(id, decision.verb, decision.body);
    return { id, isGoingOn: toolCalls.every(({ status }) => status !== 'awaiting_approval') };
  }

  /** How a task is and what comes of it, until it has ended or `until` is aborted. */
  async *updates(id: string, until = this.options.signal): AsyncGenerator<StreamResponse, void, undefined> {
    const { orgId, calls } = this.options;
    try {
      yield* updatesOf(() => this.read(id), { orgId, id, signal: until }, this.services);
    } catch (error) {
      throw calls.errorOf(error);
    }
  }

  /** Waits until nothing more comes of a task by itself. */
  async settle({ id, isGoingOn }: Taken): Promise<void> {
    const until = AbortSignal.any([this.options.signal, AbortSignal.timeout(LONGEST_WAIT_MS)]);
    let mayWait = isGoingOn;
    for await (const { payload } of this.updates(id, until)) {
      const state = payload && 'status' in payload.value ? payload.value.status?.state : undefined;
      // What was decided a moment ago may not show yet.
      if (state === TaskState.TASK_STATE_INPUT_REQUIRED && !mayWait) return;
      mayWait = false;
    }
  }
}
