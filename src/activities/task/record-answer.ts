import type { Db } from '../../db/database.js';
import { appendEvents } from '../../db/events.js';
import { addUsage, type CallUsage, completeModelCall, countVainAttempt } from '../../db/model-calls.js';
import { requestToolCalls } from '../../db/task-calls.js';
import { appendMessages } from '../../db/task-messages.js';
import type { TaskRow } from '../../db/tasks.js';
import { toUsd } from '../../domain/model-cost.js';
import { type CallRef, callId } from '../../messages/task.js';
import type { ModelReply } from '../../models/models.js';
import type { ModelAnswer } from '../../plugin/define-agent.js';
import { taskEvent } from '../../tasks/tasks.js';
import type { ModelQuestion } from './model-question.js';

export interface CallPlace {
  task: TaskRow;
  id: string;
  place: string;
}

const usedEvent = (task: TaskRow, place: string, { provider, model, input, output }: CallUsage, at: Date) =>
  taskEvent(
    task,
    'task.model_called',
    { place, provider, model, inputTokens: input, outputTokens: output },
    at,
  );

/** One attempt at a call. */
export interface AttemptPlace extends CallPlace {
  attempt: number;
}

/** Writes an answer and all that follows from it; where another attempt was faster, only what this one used. */
export async function recordAnswer(
  db: Db,
  call: AttemptPlace,
  question: ModelQuestion,
  { reply, usage, at, durationMs }: { reply: ModelReply; usage: CallUsage; at: Date; durationMs: number },
): Promise<void> {
  const { task, place } = call;
  await db.transaction().execute(async (tx) => {
    const answer = answerOf(reply, usage);
    if (!(await completeModelCall(tx, task, call, { answer, usage, durationMs }))) {
      await countWaste(tx, call, usage, at);
      return;
    }
    if (question.kind === 'conversation') {
      await appendMessages(tx, task, question.messages.length, reply.messages);
      await requestToolCalls(tx, task, toolCallsOf(task, place, reply));
    }
    const isLast = question.kind === 'conversation' && reply.toolCalls.length === 0;
    const output = isLast ? { value: question.schema ? reply.data : reply.text } : undefined;
    await addUsage(tx, task, usage, { at, output });
    await appendEvents(tx, [usedEvent(task, place, usage, at)]);
  });
}

async function countWaste(tx: Db, call: AttemptPlace, usage: CallUsage, at: Date): Promise<void> {
  const { task, place } = call;
  if (!(await countVainAttempt(tx, task, call, usage))) return;
  await addUsage(tx, task, usage, { at });
  await appendEvents(tx, [usedEvent(task, place, usage, at)]);
}

/** Tokens that were used for an answer that is of no use: the call may be made again. Counted once, however often told. */
export const recordWaste = (db: Db, call: AttemptPlace, usage: CallUsage, at: Date): Promise<void> =>
  db.transaction().execute((tx) => countWaste(tx, call, usage, at));

const answerOf = ({ text, data }: ModelReply, { model, input, output, nanos }: CallUsage): ModelAnswer => ({
  ...{ text, data, model },
  tokenUsage: { input, output, total: input + output },
  costUsd: toUsd(nanos),
});

const toolCallsOf = ({ id }: TaskRow, place: string, { toolCalls }: ModelReply) =>
  toolCalls.map((call, index) => {
    const own = `${place}.${index}`;
    return { id: callId(id, own), place: own, name: call.name, arguments: call.input, modelCallRef: call.id };
  });

export const toolRefs = (calls: readonly { place: string }[]): CallRef[] =>
  calls.map(({ place }) => ({ kind: 'tool', place }));
