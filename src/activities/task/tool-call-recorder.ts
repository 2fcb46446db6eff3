import type { Database } from '../../db/database.js';
import { appendEvents } from '../../db/events.js';
import type { ToolCallRow } from '../../db/task-calls.js';
import type { TaskRow } from '../../db/tasks.js';
import { endToolCall, type ToolCallEnd } from '../../db/tool-calls.js';
import type { Catalogue } from '../../hosted/catalogue.js';
import { countToolCall } from '../../metrics.js';
import { taskEvent } from '../../tasks/tasks.js';

export interface ToolCallRecorderOptions {
  database: Pick<Database, 'db'>;
  catalogue: Pick<Catalogue, 'tools'>;
  now: () => number;
}

export interface ToolCallRecorder {
  /** Writes what a call came to, and tells of it; false where somebody else has moved the call since it was read. */
  end(task: TaskRow, call: ToolCallRow, end: ToolCallEnd): Promise<boolean>;
}

export function createToolCallRecorder({
  database,
  catalogue,
  now,
}: ToolCallRecorderOptions): ToolCallRecorder {
  return {
    async end(task, call, end) {
      const at = new Date(now());
      const durationMs =
        call.started_at === null ? null : Math.max(0, at.getTime() - call.started_at.getTime());
      const { status } = end;
      const wasWritten = await database.db.transaction().execute(async (tx) => {
        if (!(await endToolCall(tx, call, end, durationMs))) return false;
        const data = { callId: call.id, tool: call.name, place: call.place, status, durationMs };
        await appendEvents(tx, [taskEvent(task, 'task.tool_called', data, at)]);
        return true;
      });
      // Tools of organisations would make names without end.
      if (wasWritten)
        countToolCall(catalogue.tools.has(call.name) ? call.name : 'custom', status, durationMs);
      return wasWritten;
    },
  };
}
