import type { Random } from '../chaos/random.js';
import type { ApiOperation } from './document.js';

const KEPT = 300;

/** What earlier answers named, so that later requests meet what exists. */
export interface IdPool {
  pick(kind: string, random: Random): string | undefined;
  /** A call of a tool, with its task. */
  toolCall(random: Random): { taskId: string; callId: string } | undefined;
  /** A message that has ended at an agent. */
  endedMail(random: Random): { agentId: string; messageId: string } | undefined;
  /** A cursor that a page of this path gave. */
  cursor(path: string, random: Random): string | undefined;
  /** Payloads that were encrypted here. */
  payloads(random: Random): unknown;
  learn(operation: ApiOperation, answer: unknown): void;
}

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;

/** `timers` of `/timers/{id}`, `/timers/metrics`. */
export const kindOf = (path: string): string => path.split('/')[1] ?? '';

class Ring<T> {
  private readonly items: T[] = [];
  private next = 0;

  add(item: T): void {
    this.items[this.next] = item;
    this.next = (this.next + 1) % KEPT;
  }

  pick(random: Random): T | undefined {
    return this.items.length > 0 ? random.pick(this.items) : undefined;
  }
}

/** Remembers the latest of each kind. */
export function createIdPool(): IdPool {
  const rings = new Map<string, Ring<unknown>>();
  const ring = (name: string) => {
    const known = rings.get(name) ?? new Ring<unknown>();
    rings.set(name, known);
    return known;
  };
  const text = (name: string, random: Random) => {
    const found = rings.get(name)?.pick(random);
    return typeof found === 'string' ? found : undefined;
  };

  /** The ids of a list of resources, or of one. */
  function learnIds(kind: string, value: unknown): void {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (isObject(one) && typeof one.id === 'string') ring(kind).add(one.id);
      if (isObject(one) && kind === 'timers') learnIds('deliveries', one.deliveries ?? []);
    }
  }

  /** A task is an execution under another path. */
  function learnTasks(values: unknown[]): void {
    for (const one of values) {
      if (!isObject(one) || typeof one.task_id !== 'string') continue;
      for (const kind of ['tasks', 'api']) ring(kind).add(one.task_id);
    }
  }

  function learnToolCalls(taskId: unknown, calls: unknown): void {
    if (typeof taskId !== 'string' || !Array.isArray(calls)) return;
    for (const call of calls)
      if (isObject(call) && typeof call.id === 'string') ring('tool-calls').add({ taskId, callId: call.id });
  }

  function learnMessages(values: unknown[]): void {
    for (const one of values) {
      if (!isObject(one) || typeof one.id !== 'string' || !Array.isArray(one.receipts)) continue;
      ring('messages').add(one.id);
      for (const receipt of one.receipts)
        if (isObject(receipt) && receipt.endedAt !== null)
          ring('ended mail').add({ agentId: receipt.agentId, messageId: one.id });
    }
  }

  return {
    pick: text,
    endedMail: (random) => rings.get('ended mail')?.pick(random) as ReturnType<IdPool['endedMail']>,
    toolCall: (random) => rings.get('tool-calls')?.pick(random) as ReturnType<IdPool['toolCall']>,
    cursor: (path, random) => text(`cursor ${path}`, random),
    payloads: (random) => rings.get('payloads')?.pick(random),
    learn({ method, path }, answer) {
      if (!isObject(answer)) return;
      learnIds('timers', [answer.timer, answer.timers].flat());
      learnIds('deliveries', [answer.delivery, answer.deliveries].flat());
      learnIds('subscriptions', [answer.subscription, answer.subscriptions].flat());
      // Not those of other answers: the run's own agent must stay as it is.
      if (method === 'POST' && path === '/agents') learnIds('agents', answer.agent);
      // Rare otherwise: only such a one can be resumed.
      if (method === 'POST' && path.endsWith('/pause')) learnIds('paused agents', answer.agent);
      learnToolCalls(answer.executionId, answer.toolCalls);
      if (isObject(answer.task)) learnToolCalls(answer.task.task_id, answer.task.tool_calls);
      learnTasks([answer, { task_id: answer.executionId }, answer.task, answer.tasks].flat());
      // Not those of a list: among them are the tools that come with the product.
      if (method === 'POST' && path === '/tools') learnIds('tools', answer.tool);
      learnMessages([answer.message, answer.messages].flat());
      if (path.endsWith('/inbox')) learnIds('leased messages', answer.messages);
      learnIds('instructions', [answer.instruction, answer.instructions].flat());
      learnIds('brokers', [answer.broker, answer.brokers].flat());
      learnIds('schedules', [answer.schedule, answer.schedules].flat());
      // Not those of a list: among them are the keys that the run itself calls with.
      if (method === 'POST') learnIds('api-keys', answer.apiKey);
      if (typeof answer.nextCursor === 'string') ring(`cursor ${path}`).add(answer.nextCursor);
      if (path.endsWith('/encode')) ring('payloads').add(answer.payloads);
    },
  };
}
