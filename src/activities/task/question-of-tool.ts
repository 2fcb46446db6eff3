import { setTimeout as delay } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/activity';
import { type AgentRow, getAgent } from '../../db/agents.js';
import type { Db } from '../../db/database.js';
import { getModelCall, requestModelCalls } from '../../db/task-calls.js';
import type { TaskRow } from '../../db/tasks.js';
import { callId } from '../../messages/task.js';
import { CallError, type ModelAnswer } from '../../plugin/define-agent.js';
import { DEFAULT_LIMITS } from '../../schemas/task-limits.js';
import type { BuiltinContext } from '../../tools/builtin.js';
import type { MakeModelCall, ModelCallRef } from './call-model.js';

/** What a call of a tool asks models with: its questions are calls of the same task, below its place. */
export type QuestionOfTool = (task: TaskRow, place: string) => BuiltinContext['askModel'];

/** As the engine waits between attempts: from one second on, twice as long each time. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/** As the engine has it: a number, or a text such as `3s` that nothing here writes. */
function pauseAfter(error: unknown, attempt: number): number {
  const wanted = error instanceof ApplicationFailure ? error.nextRetryDelay : undefined;
  if (typeof wanted === 'number') return wanted;
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1));
}

const isFinal = (error: unknown) => error instanceof ApplicationFailure && error.nonRetryable === true;
/** As the tool is told of it; what it does not catch its task fails with. */
const asCallError = (error: unknown) =>
  error instanceof ApplicationFailure && error.type ? new CallError(error.message, error.type) : error;

/** A tool is not called again when a model does not answer it, so its questions are asked again here. */
async function askAgain(
  makeModelCall: MakeModelCall,
  ref: ModelCallRef,
  { most, signal }: { most: number; signal: AbortSignal },
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await makeModelCall(ref, { signal, isLast: attempt >= most });
      return;
    } catch (error) {
      if (signal.aborted || attempt >= most || isFinal(error)) throw asCallError(error);
      await delay(pauseAfter(error, attempt), undefined, { signal });
    }
  }
}

const attemptsOf = (agent: AgentRow | undefined) => agent?.limits.maxAttempts ?? DEFAULT_LIMITS.attempts;

export const createQuestionOfTool =
  (db: Db, makeModelCall: MakeModelCall): QuestionOfTool =>
  (task, toolPlace) => {
    let next = 0;
    return async ({ signal, ...question }) => {
      const place = `${toolPlace}.q${next++}`;
      const id = callId(task.id, place);
      await requestModelCalls(db, task, [{ id, place, request: question }]);
      const most = attemptsOf(await getAgent(db, task.org_id, task.agent_id));
      await askAgain(makeModelCall, { orgId: task.org_id, taskId: task.id, place }, { most, signal });
      const made = await getModelCall(db, task.org_id, id);
      if (made?.status !== 'completed') throw new CallError('the call was interrupted', 'interrupted');
      // As it was recorded.
      const { text, data } = made.answer as ModelAnswer;
      return { text, data };
    };
  };
