import type { Db } from '../../db/database.js';
import { getModelCall, requestModelCalls } from '../../db/task-calls.js';
import type { TaskRow } from '../../db/tasks.js';
import { type CallRef, callId } from '../../messages/task.js';
import type { ModelAnswer } from '../../plugin/define-agent.js';
import type { BuiltinContext } from '../../tools/builtin.js';
import type { ModelCallRef } from './call-model.js';

/** What a call of a tool asks models with: its questions are calls of the same task, below its place. */
export type AskModelOf = (task: TaskRow, place: string) => BuiltinContext['askModel'];

export const createAskModel =
  (db: Db, callModel: (call: ModelCallRef) => Promise<CallRef[]>): AskModelOf =>
  (task, toolPlace) => {
    let next = 0;
    return async (question) => {
      const place = `${toolPlace}.q${next++}`;
      const id = callId(task.id, place);
      await requestModelCalls(db, task, [{ id, place, request: question }]);
      await callModel({ orgId: task.org_id, taskId: task.id, place });
      const made = await getModelCall(db, task.org_id, id);
      // A call that did not throw has recorded its answer, in this shape.
      const { text, data } = (made?.answer ?? { text: '', data: null }) as ModelAnswer;
      return { text, data };
    };
  };
