import { ApplicationFailure, Context } from '@temporalio/activity';
import type { AgentRow } from '../../db/agents.js';
import { getToolCall, requestToolCalls, type ToolCallRow } from '../../db/task-calls.js';
import type { TaskRow } from '../../db/tasks.js';
import { claimToolCall, type ToolCallEnd } from '../../db/tool-calls.js';
import { callId, type ToolOutcome } from '../../messages/task.js';
import { CallError } from '../../plugin/define-agent.js';
import type { BuiltinContext } from '../../tools/builtin.js';
import { executeAgent } from '../../tools/system/execute-agent.js';
import { signed } from '../sign.js';
import { createSigningSecrets } from '../signing-secrets.js';
import { type Approvals, createApprovals } from './approvals.js';
import type { CallToolOptions } from './call-tool.js';
import { type ChildTasks, createChildTasks } from './child-tasks.js';
import { runTool } from './run-tool.js';
import { type ReadArguments, readArguments } from './tool-arguments.js';
import { createToolCallRecorder, type ToolCallRecorder } from './tool-call-recorder.js';
import { createToolGrants, type GrantedTool, type ToolGrants } from './tool-grants.js';

/** A tool that calls others cannot go on for ever. */
const MOST_CALLS_OF_A_TOOL = 1_000;
const MADE: ToolOutcome = { kind: 'made' };

/** A look at a task's call. */
export interface Visit {
  task: TaskRow;
  /** Undefined: it was deleted. */
  agent: AgentRow | undefined;
  signal: AbortSignal;
  /** Called by another tool: nobody can be waited for. */
  isInner: boolean;
}

/** Somebody else has moved the row since it was read: the next attempt finds what they made of it. */
const moved = () => ApplicationFailure.retryable('the call was moved meanwhile', 'Moved');

/** Makes calls of tools, as their rows say at the moment. */
export class ToolCaller {
  readonly #grant: ToolGrants;
  readonly #recorder: ToolCallRecorder;
  readonly #approvals: Approvals;
  readonly #children: ChildTasks;
  readonly #secretsOf: (orgId: string) => Promise<readonly string[]>;
  readonly #now: () => number;

  constructor(private readonly options: CallToolOptions) {
    const { database, config, vault, now = Date.now } = options;
    this.#now = now;
    this.#secretsOf = createSigningSecrets({ db: database.db, vault, now });
    this.#grant = createToolGrants({ ...options, db: database.db });
    this.#recorder = createToolCallRecorder({ ...options, now });
    const timeoutMs = config.APPROVAL_TIMEOUT_SECONDS * 1_000;
    this.#approvals = createApprovals({ database, recorder: this.#recorder, now, timeoutMs });
    this.#children = createChildTasks({ ...options, now });
  }

  /** Makes a call, or says what it waits for. */
  async visit(visit: Visit, id: string): Promise<ToolOutcome> {
    const call = await getToolCall(this.options.database.db, visit.task.org_id, id);
    if (!call) throw ApplicationFailure.nonRetryable('there is no such call', 'tool');
    switch (call.status) {
      case 'completed':
      case 'failed':
      case 'refused':
        return MADE;
      case 'rejected':
      case 'awaiting_approval': {
        const outcome = await this.#approvals.look(visit.task, call);
        if (!outcome) throw moved();
        return outcome;
      }
      default:
        return this.#make(visit, call);
    }
  }

  async #end({ task }: Visit, call: ToolCallRow, end: ToolCallEnd): Promise<ToolOutcome> {
    if (!(await this.#recorder.end(task, call, end))) throw moved();
    return MADE;
  }

  async #make(visit: Visit, call: ToolCallRow): Promise<ToolOutcome> {
    const { task, agent, isInner } = visit;
    // A child's own row says what became of it, also where the agent could not start it any more.
    const child = call.child_id === null ? null : await this.#children.find(task, call.child_id);
    if (child) return child.kind === 'child' ? child : this.#end(visit, call, child.end);

    const granted = await this.#grant(agent, call, task);
    if (granted.kind === 'refused')
      return this.#end(visit, call, { status: 'refused', error: granted.message });
    const { tool } = granted;
    const read = await this.#read(tool, call);
    if (read.kind === 'refused') return this.#end(visit, call, { status: 'failed', error: read.message });
    const isDelegating = tool.kind === 'builtin' && tool.name === executeAgent.name;
    if (isInner && (tool.requiresApproval || isDelegating)) {
      const error = `"${tool.name}" may have to wait: call it by itself`;
      return this.#end(visit, call, { status: 'refused', error });
    }
    if (tool.requiresApproval && call.status === 'requested') {
      const outcome = await this.#approvals.hold(task, call, tool);
      if (!outcome) throw moved();
      return outcome;
    }
    if (call.status === 'approved') await this.#approvals.goOn(task);
    if (isDelegating) return this.#delegate(visit, call, read.args);
    if (call.status === 'running' && !tool.isRepeatable) {
      const error = 'was interrupted; whether it took effect is not known';
      return this.#end(visit, call, { status: 'failed', error });
    }
    return this.#run(visit, call, { tool, args: read.args });
  }

  async #read(tool: GrantedTool, call: ToolCallRow): Promise<ReadArguments> {
    try {
      return await readArguments(tool.input(), call.arguments);
    } catch (error) {
      const { org_id: org, task_id: task } = call;
      this.options.log.warn({ org, task, tool: tool.name, error }, 'A schema of a tool cannot be used');
      return { kind: 'refused', message: 'the schema of the tool cannot be used: its owner has to mend it' };
    }
  }

  async #delegate(visit: Visit, call: ToolCallRow, args: unknown): Promise<ToolOutcome> {
    const { child, call: claimed } = await this.#children.start(visit.task, call, args);
    return child.kind === 'child' ? child : this.#end(visit, claimed, child.end);
  }

  async #run(
    visit: Visit,
    call: ToolCallRow,
    { tool, args }: { tool: GrantedTool; args: unknown },
  ): Promise<ToolOutcome> {
    const claimed = await claimToolCall(this.options.database.db, call, { at: new Date(this.#now()) });
    if (!claimed) throw moved();
    try {
      return await this.#end(visit, claimed, await runTool(tool, args, this.#contextOf(visit, claimed)));
    } catch (error) {
      if (visit.signal.aborted && isStoppedForGood()) {
        const stopped: ToolCallEnd = { status: 'failed', error: 'was stopped: its task has ended' };
        await this.#recorder.end(visit.task, claimed, stopped);
      }
      throw error;
    }
  }

  #contextOf(visit: Visit, call: ToolCallRow): BuiltinContext {
    const { task, agent, signal } = visit;
    const { database, client, starter, scheduling, config, log, catalogue, askModel } = this.options;
    const { vault, guardedFetch: fetch, download } = this.options;
    if (!agent) throw new Error('a tool was granted to no agent');
    return {
      ...{ orgId: task.org_id, taskId: task.id, callId: call.id, signal },
      agent: { id: agent.id, name: agent.name, type: agent.type },
      ...{ userId: task.user_id, sessionId: task.session_id },
      ...{ database, client, starter, scheduling, config, log },
      ...{ now: this.#now, agents: catalogue.agents, vault, fetch, download },
      sign: async ({ orgId, ...what }) => signed({ ...what, secrets: await this.#secretsOf(orgId) }),
      askModel: askModel(task, call.place),
      callTool: this.#innerCalls(visit, call),
    };
  }

  /** Calls that a tool makes itself, recorded below its own place. */
  #innerCalls(visit: Visit, { place }: ToolCallRow): BuiltinContext['callTool'] {
    const { db } = this.options.database;
    const { task, isInner } = visit;
    let next = 0;
    return async (name, args) => {
      if (isInner) throw new CallError('a tool that a tool calls cannot call others', 'tool');
      if (next >= MOST_CALLS_OF_A_TOOL) throw new CallError('makes too many calls', 'tool');
      const inner = `${place}.${next++}`;
      const id = callId(task.id, inner);
      await requestToolCalls(db, task, [{ id, place: inner, name, arguments: args, modelCallRef: null }]);
      await this.visit({ ...visit, isInner: true }, id);
      const made = await getToolCall(db, task.org_id, id);
      if (made?.status === 'completed') return made.result;
      throw new CallError(made?.error ?? 'was interrupted', made?.error_category ?? 'tool');
    };
  }
}

/** Otherwise its worker stops, and another one goes on. */
function isStoppedForGood(): boolean {
  const { cancellationSignal, cancellationDetails } = Context.current();
  return !cancellationSignal.aborted || cancellationDetails?.cancelRequested === true;
}
