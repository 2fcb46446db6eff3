import type { TaskMessage } from '../client/index.js';

/** What is shown of a task's stream, one after the other. */
export type Line =
  | { kind: 'said'; key: string; text: string; isOver: boolean }
  | {
      kind: 'tool';
      key: string;
      callId: string;
      tool: string;
      status: string;
      durationMs: number | null;
      at: string;
    }
  | { kind: 'step'; key: string; status: string; text: string; more: string; at: string };

const textIn = (data: Record<string, unknown>, name: string): string => {
  const value = data[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
};

/** The part of an agent's code that a call stands in: `execute` of `execute.0.1`. */
const stageOf = (data: Record<string, unknown>) => textIn(data, 'place').split('.')[0] ?? '';

/** What was used, and where that was not the conversation itself, the stage of the agent's code that asked. */
function usageOf(data: Record<string, unknown>): string {
  const stage = stageOf(data);
  const used = `${textIn(data, 'inputTokens')} tokens in, ${textIn(data, 'outputTokens')} out`;
  return stage === 'execute' || stage === '' ? used : `${used}, in ${stage}`;
}

const decisionOf = (data: Record<string, unknown>) =>
  textIn(data, 'decision') === 'rejected' ? 'rejected' : 'approved';

type Step = readonly [status: string, text: string, more?: string];
const STEPS: Record<string, (data: Record<string, unknown>) => Step> = {
  'task.queued': () => ['queued', 'waits its turn'],
  'task.started': () => ['running', 'began'],
  'task.model_called': (data) => ['completed', textIn(data, 'model'), usageOf(data)],
  'task.awaiting_approval': (data) => ['awaiting_approval', textIn(data, 'tool'), 'waits for a person'],
  'task.approval_decided': (data) => [
    decisionOf(data),
    textIn(data, 'tool'),
    [decisionOf(data), textIn(data, 'decidedBy')].filter(Boolean).join(' by '),
  ],
  'task.completed': () => ['completed', 'done'],
  'task.failed': () => ['failed', 'failed'],
  'task.cancelled': () => ['cancelled', 'cancelled'],
  'task.timed_out': () => ['timed_out', 'its time was up'],
};

type EventMessage = Extract<TaskMessage, { kind: 'event' }>;

function lineOf({ event: { id, type, data, at } }: EventMessage): Line | null {
  if (type === 'task.tool_called') {
    const millis = Number(data.durationMs ?? Number.NaN);
    return {
      ...{ kind: 'tool', key: id, callId: textIn(data, 'callId'), tool: textIn(data, 'tool'), at },
      ...{ status: textIn(data, 'status'), durationMs: Number.isFinite(millis) ? millis : null },
    };
  }
  const [status, text, more = ''] = STEPS[type]?.(data) ?? [];
  return status === undefined || text === undefined
    ? null
    : { kind: 'step', key: id, status, text, more, at };
}

/** The lines after a message: pieces of an answer grow together until the whole of it takes their place. */
export function withMessage(lines: readonly Line[], message: TaskMessage): readonly Line[] {
  if (message.kind === 'event') {
    const line = lineOf(message);
    if (line === null) return lines;
    // What is still being said stays last, or it would jump.
    const last = lines.at(-1);
    return last?.kind === 'said' && !last.isOver ? [...lines.slice(0, -1), line, last] : [...lines, line];
  }
  const last = lines.at(-1);
  const open = last?.kind === 'said' && !last.isOver ? last : undefined;
  const before = open ? lines.slice(0, -1) : lines;
  if (message.kind === 'answer')
    return [...before, { kind: 'said', key: open?.key ?? message.place, text: message.text, isOver: true }];
  const key = open?.key ?? `said ${lines.length}`;
  return [...before, { kind: 'said', key, text: (open?.text ?? '') + message.text, isOver: false }];
}
