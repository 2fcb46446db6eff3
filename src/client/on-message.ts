import type { LeasedMessage } from '../schemas/message.js';
import { backoff, isAway } from './aiwm/backoff.js';
import { MainspringError } from './error.js';
import type { Inbox } from './inbox.js';
import { rest } from './request.js';

/** What a handler gets besides the message. */
export interface MessageContext {
  /** Aborted when the message is held no longer: it was given up for another one, or the server was away too long. */
  signal: AbortSignal;
}

/** What a handler answers: an object is sent as the reply, any other value as `{content}` of one, nothing as none. */
export type MessageHandler = (message: LeasedMessage, context: MessageContext) => unknown;

export interface OnMessageOptions {
  /** Messages that are handled at once, at most 100: by default as many as the agent's `concurrency` allows. */
  concurrency?: number;
  /** How long the server waits for a sign that a message is still being handled, in ms, 30,000 by default. */
  leaseMs?: number;
  /** How often a refused or suspended agent asks again, in ms, 60,000 by default. */
  slowRetryMs?: number;
  /** Called with what a handler threw, and with failures of the connection; it goes on. */
  onError?: (error: unknown, message?: LeasedMessage) => unknown;
}

/** Something that handles messages until it is stopped. */
export interface MessageLoop {
  /** Takes no more messages; resolves when those that are being handled are done. Never throws. */
  stop(): Promise<void>;
}

const WAIT_MS = 30_000;
const EARLY_MS = 1_000;
const MOST_AT_ONCE = 100;
const LONGEST_ERROR = 2_000;
/** About two and a half minutes; longer than that the message has long come again. */
const MOST_ATTEMPTS = 10;
const ATTEMPTS_WHEN_STOPPED = 3;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a handler answered, as it is sent. */
function replyOf(value: unknown): Record<string, unknown> | undefined {
  if (value === undefined || value === null) return undefined;
  return isObject(value) ? value : { content: value };
}

const textOf = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).slice(0, LONGEST_ERROR);

/** Takes messages of an inbox, has them handled, and acknowledges or refuses each. */
export class InboxLoop implements MessageLoop {
  readonly #inbox: Inbox;
  readonly #handler: MessageHandler;
  readonly #options: OnMessageOptions;
  readonly #leaseMs: number;
  readonly #most: number;
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #polling: Promise<void>;

  constructor(inbox: Inbox, handler: MessageHandler, options: OnMessageOptions = {}) {
    this.#inbox = inbox;
    this.#handler = handler;
    this.#options = options;
    this.#leaseMs = options.leaseMs ?? 30_000;
    this.#most = Math.min(MOST_AT_ONCE, Math.max(1, options.concurrency ?? MOST_AT_ONCE));
    this.#polling = this.#poll();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#polling;
    await Promise.all(this.#running);
  }

  async #poll(): Promise<void> {
    const { signal } = this.#stopping;
    for (let failures = 0; !signal.aborted; ) {
      const room = this.#most - this.#running.size;
      if (room === 0) {
        await Promise.race(this.#running);
        continue;
      }
      try {
        const startedAt = Date.now();
        const wish = { max: room, lease: `${this.#leaseMs}ms`, wait: `${WAIT_MS}ms`, signal };
        const messages = await this.#inbox.take(wish);
        failures = 0;
        for (const message of messages) this.#begin(message);
        // A server that is about to stop answers before the wait is over.
        if (messages.length === 0 && Date.now() - startedAt < EARLY_MS) await this.#pause(EARLY_MS);
      } catch (error) {
        if (!signal.aborted) await this.#pause(this.#waitAfter(error, ++failures));
      }
    }
  }

  #begin(message: LeasedMessage): void {
    const work = this.#handle(message).finally(() => this.#running.delete(work));
    this.#running.add(work);
  }

  async #handle(message: LeasedMessage): Promise<void> {
    const holding = new AbortController();
    const held = this.#hold(message, holding);
    try {
      const reply = replyOf(await this.#handler(message, { signal: holding.signal }));
      const wrong = await this.#settle(() => this.#inbox.ack(message, reply ? { reply } : {}), message);
      // A reply that cannot be sent is no better the next time, but its error is seen.
      if (wrong !== undefined)
        await this.#settle(() => this.#inbox.nack(message, { error: textOf(wrong) }), message);
    } catch (error) {
      this.#report(error, message);
      await this.#settle(() => this.#inbox.nack(message, { error: textOf(error) }), message);
    } finally {
      clearInterval(held);
      holding.abort();
    }
  }

  /** Extends the lease again and again while the message is being handled. */
  #hold(message: LeasedMessage, holding: AbortController): ReturnType<typeof setInterval> {
    const lease = `${this.#leaseMs}ms`;
    return setInterval(() => {
      this.#inbox.extend(message, { lease }, { signal: holding.signal }).catch((error: unknown) => {
        if (holding.signal.aborted) return;
        if (error instanceof MainspringError && error.status === 409) holding.abort(error);
        else this.#report(error, message);
      });
    }, this.#leaseMs / 3);
  }

  /**
   * Tells the server what came of a message, again while it is away; answers why that cannot be told at all. A message
   * that is held no longer is not ours to settle.
   */
  async #settle(tell: () => Promise<unknown>, message: LeasedMessage): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      try {
        await tell();
        return undefined;
      } catch (error) {
        const isLate = error instanceof MainspringError && error.code === 'not_leased';
        if (isLate) return undefined;
        this.#report(error, message);
        if (!(error instanceof MainspringError) || !isAway(error)) return error;
        const most = this.#stopping.signal.aborted ? ATTEMPTS_WHEN_STOPPED : MOST_ATTEMPTS;
        if (attempt >= most) return undefined;
        await this.#pause(backoff(attempt, error));
      }
    }
  }

  /** How long to wait before the inbox is asked again, in ms. */
  #waitAfter(error: unknown, failures: number): number {
    this.#report(error);
    const isTransient = error instanceof MainspringError && isAway(error);
    return isTransient ? backoff(failures, error) : (this.#options.slowRetryMs ?? 60_000);
  }

  /** What somebody gave must not end the loop. */
  #report(error: unknown, message?: LeasedMessage): void {
    try {
      Promise.resolve(this.#options.onError?.(error, message)).catch(() => undefined);
    } catch {
      // It was told; what it does with it is its own.
    }
  }

  /** Waits; shorter when it is stopped. */
  async #pause(millis: number): Promise<void> {
    await rest(millis, this.#stopping.signal).catch(() => undefined);
  }
}
