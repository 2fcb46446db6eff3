import type { Db } from '../../db/database.js';
import type { RequestedModelCall, RequestedToolCall } from '../../db/task-calls.js';
import { callsOfStage, type ModelCallRow, type ToolCallRow } from '../../db/task-calls.js';
import type { TaskRow } from '../../db/tasks.js';
import { callId } from '../../messages/task.js';
import { CallError } from '../../plugin/define-agent.js';
import type { Stage } from '../../schemas/task.js';

/** The code asked for something else than the last time it ran. */
export class NotDeterministic extends Error {
  override readonly name = 'NotDeterministic';
}

/**
 * The calls of a stage's code. One that was made answers what is recorded; one that was not is noted as wanted and
 * never answers: the code runs again once it was made.
 */
export interface RecordedCalls {
  callTool(name: string, args: unknown): Promise<unknown>;
  callModel(request: object): Promise<unknown>;
  readonly wanted: { models: RequestedModelCall[]; tools: RequestedToolCall[] };
  /** Fulfilled when the code waits for a call that was not made. */
  readonly isWaiting: Promise<void>;
}

const never = new Promise<never>(() => undefined);

const TOOL_ENDS = new Set<ToolCallRow['status']>(['completed', 'failed', 'refused', 'rejected']);
const MODEL_ENDS = new Set<ModelCallRow['status']>(['completed', 'failed']);

function resultOf(call: ToolCallRow): unknown {
  if (call.status === 'completed') return call.result;
  throw new CallError(
    call.error ?? `the call of ${call.name} was interrupted`,
    call.error_category ?? 'tool',
  );
}

function answerOf(call: ModelCallRow): unknown {
  if (call.status === 'completed') return call.answer;
  throw new CallError(call.error_message ?? 'the call was interrupted', call.error_category ?? 'interrupted');
}

const isSame = (recorded: unknown, asked: unknown) =>
  JSON.stringify(recorded) === JSON.stringify(JSON.parse(JSON.stringify(asked ?? null)));

/** `failed` are the places of calls that could not be made: nothing else is known of them. */
export async function recordedCalls(
  db: Db,
  task: TaskRow,
  { stage, failed }: { stage: Stage; failed: readonly string[] },
): Promise<RecordedCalls> {
  const made = await callsOfStage(db, task, stage);
  const wanted: RecordedCalls['wanted'] = { models: [], tools: [] };
  let wait: () => void = () => undefined;
  const isWaiting = new Promise<void>((resolve) => {
    wait = resolve;
  });
  let next = 0;
  const placeOfNext = () => `${stage}.${next++}`;
  /** What the code asks for at once is wanted together. */
  const suspend = (): Promise<never> => {
    setImmediate(() => setImmediate(wait));
    return never;
  };
  const diverged = (place: string) =>
    new NotDeterministic(
      `asked for something else at ${place} when it ran again: between calls it must do the same`,
    );

  return {
    wanted,
    isWaiting,
    async callTool(name, args) {
      const place = placeOfNext();
      const known = made.tools.get(place);
      if (made.models.has(place)) throw diverged(place);
      if (known && !(known.name === name && isSame(known.arguments, args))) throw diverged(place);
      if (known && (TOOL_ENDS.has(known.status) || failed.includes(place))) return resultOf(known);
      wanted.tools.push({ id: callId(task.id, place), place, name, arguments: args, modelCallRef: null });
      return suspend();
    },
    async callModel(request) {
      const place = placeOfNext();
      const known = made.models.get(place);
      if (made.tools.has(place) || (known && !isSame(known.request, request))) throw diverged(place);
      if (known && (MODEL_ENDS.has(known.status) || failed.includes(place))) return answerOf(known);
      wanted.models.push({ id: callId(task.id, place), place, request });
      return suspend();
    },
  };
}
