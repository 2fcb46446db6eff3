import type { Db } from '../../db/database.js';
import { appendEvents } from '../../db/events.js';
import { addUsage, type CallUsage, endModelCall } from '../../db/model-calls.js';
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

/** Writes an answer and all that follows from it, or nothing where another attempt was faster. */
export async function recordAnswer(
  db: Db,
  { task, id, place }: CallPlace,
  question: ModelQuestion,
  { reply, usage, at, durationMs }: { reply: ModelReply; usage: CallUsage; at: Date; durationMs: number },
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const answer = answerOf(reply, usage);
    if (!(await endModelCall(tx, task, id, { status: 'completed', answer, usage, durationMs }))) return;
    if (question.kind === 'conversation') {
      await appendMessages(tx, task, question.messages.length, reply.messages);
      await requestToolCalls(tx, task, toolCallsOf(task, place, reply));
    }
    const isLast = question.kind === 'conversation' && reply.toolCalls.length === 0;
    const output = isLast ? { value: question.schema ? reply.data : reply.text } : undefined;
    await addUsage(tx, task, usage, output);
    await appendEvents(tx, [usedEvent(task, place, usage, at)]);
  });
}

/** Tokens that were used for an answer that is of no use: the call may be made again. */
export async function recordWaste(
  db: Db,
  { task, id, place }: CallPlace,
  usage: CallUsage,
  at: Date,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    if (!(await endModelCall(tx, task, id, { status: 'requested', usage }))) return;
    await addUsage(tx, task, usage);
    await appendEvents(tx, [usedEvent(task, place, usage, at)]);
  });
}

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
