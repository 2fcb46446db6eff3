import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { Intent, Ledger } from './ledger.js';
import type { Receiver } from './receiver.js';

export interface Answer {
  status: number;
  retryAfterMs: number | null;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is what it is; the checks say what they expect of it.
  body: any;
  tookMs: number;
}

export interface Call {
  method?: 'GET' | 'POST';
  body?: unknown;
  headers?: Record<string, string>;
  timeoutMs?: number;
}

export interface CallerOptions {
  urls: readonly string[];
  key: string;
}

/** A client of the API that goes on to the next process when one does not answer. */
export interface Caller {
  /** One request to one process; throws when there is no answer. */
  call(path: string, call?: Call, url?: string): Promise<Answer>;
  /** A request that is repeated until it is answered for certain, or until the deadline (then null). */
  insist(path: string, call: Call, deadlineMs: number): Promise<Answer | null>;
  /** How often which status was answered; `0`: no answer. */
  statuses: Map<number, number>;
  close(): Promise<void>;
}

const ANSWER_LIMIT_MS = 8_000;
const PAUSE_MS = 250;

export function createCaller({ urls, key }: CallerOptions): Caller {
  const agent = new Agent({ connections: 128, keepAliveTimeout: 30_000 });
  const statuses = new Map<number, number>();
  let turn = 0;
  const nextUrl = () => urls[turn++ % urls.length] ?? '';

  async function send(
    path: string,
    { method, body, headers, timeoutMs }: Call,
    url: string,
  ): Promise<Answer> {
    const startedAt = performance.now();
    const response = await request(url + path, {
      dispatcher: agent,
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        // Somebody else's credential goes alone.
        ...(headers?.authorization === undefined ? { 'x-api-key': key } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs ?? ANSWER_LIMIT_MS),
    });
    const text = await response.body.text();
    const tookMs = performance.now() - startedAt;
    const retryAfter = response.headers['retry-after'];
    const isJson = String(response.headers['content-type']).includes('json');
    return {
      status: response.statusCode,
      retryAfterMs: retryAfter === undefined ? null : Number(retryAfter) * 1_000,
      body: isJson ? JSON.parse(text) : text,
      tookMs,
    };
  }

  async function call(path: string, asked: Call = {}, url = nextUrl()): Promise<Answer> {
    let status = 0;
    try {
      const answer = await send(path, asked, url);
      status = answer.status;
      return answer;
    } finally {
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  }

  return {
    call,
    statuses,
    async insist(path, asked, deadlineMs) {
      while (Date.now() < deadlineMs) {
        const answer = await call(path, asked).catch(() => null);
        const isInFlight = answer?.body?.code === 'idempotency_in_flight';
        if (answer && answer.status < 500 && !isInFlight) return answer;
        await sleep(Math.min(answer?.retryAfterMs ?? PAUSE_MS, 1_000));
      }
      return null;
    },
    close: () => agent.close(),
  };
}

/** The body of `POST /timers` for an intent. `run` tells this run's timers from others. */
export const timerRequest = (run: string, { order, fireAtMs }: Intent, hook: string) => ({
  tenantId: 'chaos',
  requestedBy: run,
  name: `${run}-${order}`,
  fireAt: new Date(fireAtMs).toISOString(),
  actionBundle: { actions: [{ type: 'webhook', url: hook, data: { order } }] },
});

export interface CreateOptions {
  caller: Caller;
  ledger: Ledger;
  receiver: Receiver;
  run: string;
}

/** Creates the timer of an intent, repeating under one Idempotency-Key until it is known what became of it. */
export async function create(
  { caller, receiver, run }: Omit<CreateOptions, 'ledger'>,
  intent: Intent,
  patienceMs = 45_000,
): Promise<Answer | null> {
  const answer = await caller.insist(
    '/timers',
    {
      body: timerRequest(run, intent, receiver.hookOf(intent.order)),
      headers: { 'idempotency-key': `${run}-${intent.order}` },
    },
    Date.now() + patienceMs,
  );
  if (answer?.status === 201) intent.id = answer.body.timer.id;
  else intent.isRefused = answer !== null;
  return answer;
}

/** Asks to cancel, until it is answered for certain; the ledger keeps what was said. */
export async function cancel(caller: Caller, intent: Intent, patienceMs = 20_000): Promise<void> {
  intent.cancel = 'unknown';
  const call = { body: { requestedBy: 'chaos' } };
  const answer = await caller.insist(`/timers/${intent.id}/cancel`, call, Date.now() + patienceMs);
  if (answer?.status === 200) intent.cancel = 'cancelled';
  // Before the answer that was lost, an earlier request may have cancelled it: then 200 again, never 409.
  if (answer?.status === 409) intent.cancel = 'refused';
}

/** Creates many, `width` at once; `dueOf` says when each is due at the moment it is created. */
export async function createMany(
  options: CreateOptions,
  { count, width, dueOf }: { count: number; width: number; dueOf: (index: number) => number },
): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < count; index = next++) {
      await create(options, options.ledger.want(dueOf(index)));
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
}
