import { ApplicationFailure } from '@temporalio/activity';
import type { Config } from '../../config.js';
import { type AgentRow, listAgents } from '../../db/agents.js';
import { lockTask } from '../../db/approvals.js';
import type { Database } from '../../db/database.js';
import type { ToolCallRow } from '../../db/task-calls.js';
import { getTask, hasEnded, type NewTask, type TaskRow } from '../../db/tasks.js';
import { claimToolCall, countChildren, lineOf, type ToolCallEnd } from '../../db/tool-calls.js';
import type { Catalogue } from '../../hosted/catalogue.js';
import { type Assignment, prepareAssignment, unavailableOf } from '../../tasks/prepare-task.js';
import { timeoutOf } from '../../tasks/task-request.js';
import type { Tasks } from '../../tasks/tasks.js';
import { ExecuteAgentArguments } from '../../tools/system/execute-agent.js';
import { completedWith } from './run-tool.js';

/** Agents that ask agents that ask agents: further down nobody knows any more whose work it is. */
const DEEPEST = 3;
/** Of the first task, all levels together: what one request may set off. */
const MOST_DESCENDANTS = 10;

export interface ChildTasksOptions {
  database: Database;
  catalogue: Catalogue;
  tasks: Pick<Tasks, 'submit'>;
  config: Pick<Config, 'TASK_TIMEOUT_SECONDS'>;
  now: () => number;
}

/** A task that runs, or what the call for it came to. */
export type Child = { kind: 'child'; taskId: string } | { kind: 'ended'; end: ToolCallEnd };

type Prepared =
  | { kind: 'ready'; target: AgentRow; assignment: Assignment }
  | { kind: 'refused'; end: ToolCallEnd };

export type ChildTasks = ReturnType<typeof createChildTasks>;

const failed = (error: string): Child => ({ kind: 'ended', end: { status: 'failed', error } });
const askedWrongly = (error: string): Prepared => ({
  kind: 'refused',
  end: { status: 'failed', error, category: 'invalid_input' },
});

/** The tasks that calls of `execute_agent` start for other agents. */
export function createChildTasks({ database, catalogue, tasks, config, now }: ChildTasksOptions) {
  const { db } = database;

  /** Why this agent may not be given a part of the task, or null. */
  async function refusalOf(task: TaskRow, target: AgentRow): Promise<string | null> {
    const reason = unavailableOf(target);
    if (reason !== null) return `"${target.name}" is not available: ${reason}`;
    if (task.depth + 1 > DEEPEST) return `tasks may be ${DEEPEST} levels deep at most`;
    const line = await lineOf(db, task);
    return line.some(({ agent_id: id }) => id === target.id)
      ? `"${target.name}" works on this already: this is a part of what it was asked`
      : null;
  }

  async function prepare(task: TaskRow, args: unknown): Promise<Prepared> {
    const { agent: name, method = null, prompt = null, input } = ExecuteAgentArguments.parse(args);
    const [target] = await listAgents(db, task.org_id, { name, limit: 1 }, undefined);
    if (!target) return askedWrongly(`there is no agent "${name}"`);
    const refusal = await refusalOf(task, target);
    if (refusal !== null) return { kind: 'refused', end: { status: 'failed', error: refusal } };
    const prepared = prepareAssignment(catalogue, target, { method, prompt, input });
    if (prepared.kind === 'ready') return { ...prepared, target };
    return askedWrongly(prepared.errors.map(({ path, message }) => `${path}: ${message}`).join('; '));
  }

  /** Counted under a lock of the first task, so that calls made at once do not pass the limit together. */
  function claim(task: TaskRow, call: ToolCallRow, childId: string): Promise<ToolCallRow | 'full'> {
    return db.transaction().execute(async (tx) => {
      await lockTask(tx, task.org_id, task.root_id);
      if ((await countChildren(tx, task, call.id)) >= MOST_DESCENDANTS) return 'full';
      const claimed = await claimToolCall(tx, call, { childId, at: new Date(now()) });
      if (!claimed) throw ApplicationFailure.retryable('the call was moved meanwhile', 'Moved');
      return claimed;
    });
  }

  /** What came of a child that was started; null where it has no row: it was about to be. */
  async function find(task: TaskRow, childId: string): Promise<Child | null> {
    const child = await getTask(db, task.org_id, childId);
    if (!child) return null;
    if (child.parent_id !== task.id) return failed(`the id ${childId} is another task's`);
    if (!hasEnded(child.status)) return { kind: 'child', taskId: childId };
    if (child.status === 'completed') return { kind: 'ended', end: completedWith(child.output) };
    const { agent_name: name, error_category: category, error_message: message } = child;
    return failed(`${name}: ${category ?? child.status}: ${message ?? ''}`);
  }

  const newTask = (
    task: TaskRow,
    id: string,
    { target: agent, assignment }: Extract<Prepared, { kind: 'ready' }>,
  ): NewTask => ({
    ...{ orgId: task.org_id, id, agent, ...assignment },
    ...{ priority: task.priority, userId: task.user_id, sessionId: null, metadata: {} },
    timeoutMs: Math.min(timeoutOf(agent, config), task.timeout_ms),
    ...{ parent: task, fingerprint: null, createdAt: new Date(now()) },
  });

  return {
    find,

    /** Starts the task that a call asks for. Answers the call as it stands then. */
    async start(
      task: TaskRow,
      call: ToolCallRow,
      args: unknown,
    ): Promise<{ child: Child; call: ToolCallRow }> {
      const prepared = await prepare(task, args);
      if (prepared.kind === 'refused') return { child: { kind: 'ended', end: prepared.end }, call };
      const taskId = `${call.id}.task`;
      const claimed = await claim(task, call, taskId);
      if (claimed === 'full') {
        return { child: failed(`a task may have ${MOST_DESCENDANTS} others below it at most`), call };
      }
      await tasks.submit(newTask(task, taskId, prepared));
      // Its id may be another task's.
      return { child: (await find(task, taskId)) ?? { kind: 'child', taskId }, call: claimed };
    },
  };
}
