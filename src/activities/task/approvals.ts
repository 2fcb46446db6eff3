import { ApplicationFailure } from '@temporalio/activity';
import { lockTask } from '../../db/approvals.js';
import type { Database } from '../../db/database.js';
import { appendEvents } from '../../db/events.js';
import type { ToolCallRow } from '../../db/task-calls.js';
import { hasEnded, setWaiting, type TaskRow } from '../../db/tasks.js';
import { goOnUnlessWaiting, holdToolCall, type ToolCallEnd } from '../../db/tool-calls.js';
import type { ToolOutcome } from '../../messages/task.js';
import { END_GRACE_MS } from '../../schemas/task-limits.js';
import { taskEvent } from '../../tasks/tasks.js';
import type { ToolCallRecorder } from './tool-call-recorder.js';
import type { GrantedTool } from './tool-grants.js';

export interface ApprovalsOptions {
  database: Pick<Database, 'db'>;
  recorder: ToolCallRecorder;
  now: () => number;
  /** Where a tool has no limit of its own. */
  timeoutMs: number;
}

export type Approvals = ReturnType<typeof createApprovals>;

/** Calls that a person has to approve. Where these answer undefined somebody else has moved the call. */
export function createApprovals({ database, recorder, now, timeoutMs }: ApprovalsOptions) {
  const { db } = database;

  const waiting = (deadline: Date): ToolOutcome => ({
    kind: 'approval',
    deadlineMs: Math.max(1, deadline.getTime() - now()),
  });

  /** A task that waits for nobody any more runs again. */
  async function goOn(task: TaskRow): Promise<void> {
    await goOnUnlessWaiting(db, task, new Date(now() + task.timeout_ms + END_GRACE_MS));
  }

  async function reject(task: TaskRow, call: ToolCallRow, error: string): Promise<ToolOutcome | undefined> {
    const end: ToolCallEnd = { status: 'rejected', error };
    if (!(await recorder.end(task, call, end))) return undefined;
    await goOn(task);
    return { kind: 'made' };
  }

  return {
    goOn,

    /** Has a call wait from now on. Its arguments stand in its row and nothing changes them. */
    async hold(task: TaskRow, call: ToolCallRow, tool: GrantedTool): Promise<ToolOutcome | undefined> {
      const at = new Date(now());
      const deadline = new Date(at.getTime() + (tool.approvalTimeoutMs ?? timeoutMs));
      const { org_id: orgId, id } = task;
      const isHeld = await db.transaction().execute(async (tx) => {
        const locked = await lockTask(tx, orgId, id);
        if (!locked || hasEnded(locked.status))
          throw ApplicationFailure.nonRetryable('the task has ended', 'cancelled');
        if (!(await holdToolCall(tx, call, deadline))) return false;
        const latest = Math.max(deadline.getTime() + END_GRACE_MS, locked.overdue_at?.getTime() ?? 0);
        await setWaiting(tx, { orgId, id }, { status: 'awaiting_approval', overdueAt: new Date(latest) });
        const data = {
          callId: call.id,
          tool: call.name,
          place: call.place,
          deadline: deadline.toISOString(),
        };
        await appendEvents(tx, [taskEvent(task, 'task.awaiting_approval', data, at)]);
        return true;
      });
      return isHeld ? waiting(deadline) : undefined;
    },

    /** A call that was held: still waits, or nobody will make it. */
    async look(task: TaskRow, call: ToolCallRow): Promise<ToolOutcome | undefined> {
      if (call.status === 'rejected') {
        if (call.error !== null) return { kind: 'made' };
        const reason = call.decision_reason === null ? '' : `: ${call.decision_reason}`;
        return reject(task, call, `was rejected${reason}`);
      }
      const { approval_deadline: deadline } = call;
      if (deadline !== null && deadline.getTime() > now()) return waiting(deadline);
      return reject(task, call, 'was not approved: nobody decided in time');
    },
  };
}
