import type { z } from 'zod';
import type {
  Acknowledgement,
  Extension,
  Inbox as InboxAnswer,
  LeaseAnswer,
  LeasedMessage,
  Receipt,
  ReceiptAnswer,
  Refusal,
} from '../schemas/message.js';
import type { CallOptions, Request } from './request.js';

/** How much of an inbox is leased, for how long, and how long to wait for it. */
export interface TakeOptions extends CallOptions {
  /** At most so many messages, 1 by default; never more than the agent's `concurrency` are out. */
  max?: number;
  /** `"30s"` by default. */
  lease?: string;
  /** `"30s"`, at most `"60s"`: the answer comes when there is a message or the wait is over. */
  wait?: string;
}

/** The longest `wait` the server takes. */
const LONGEST_WAIT_MS = 60_000;
const pathOf = (id: string, verb: string) => `/messages/${encodeURIComponent(id)}/${verb}`;

/** A message by the lease that it is held with. */
export type Held = Pick<LeasedMessage, 'id' | 'leaseId'>;

/** The mail of one agent that runs elsewhere: leased, then acknowledged or refused. `onMessage` does all of it. */
export class Inbox {
  readonly #request: Request;
  readonly #agentId: string;

  constructor(request: Request, agentId: string) {
    this.#request = request;
    this.#agentId = agentId;
  }

  /** Leases what is next. What is not acknowledged, refused or extended in time comes again. */
  async take({ max, lease, wait, ...options }: TakeOptions = {}): Promise<LeasedMessage[]> {
    const path = `/agents/${encodeURIComponent(this.#agentId)}/inbox`;
    const waiting = wait === undefined ? {} : { waitMs: LONGEST_WAIT_MS };
    const call = { query: { max, lease, wait }, once: true, ...waiting, ...options };
    return (await this.#request<z.infer<typeof InboxAnswer>>('GET', path, call)).messages;
  }

  /** It was handled; a `reply` goes to whoever asked for one. Throws `not_leased` (409) when it is held no longer. */
  ack(
    { id, leaseId }: Held,
    { reply }: Pick<z.input<typeof Acknowledgement>, 'reply'> = {},
    options: CallOptions = {},
  ): Promise<Receipt> {
    return this.#settle(pathOf(id, 'ack'), { leaseId, ...(reply ? { reply } : {}) }, options);
  }

  /** It comes again: after `delay`, or by default after 1 s, 2 s, 4 s, … at most 60 s. */
  nack(
    { id, leaseId }: Held,
    refusal: Omit<z.input<typeof Refusal>, 'leaseId'> = {},
    options: CallOptions = {},
  ): Promise<Receipt> {
    return this.#settle(pathOf(id, 'nack'), { leaseId, ...refusal }, options);
  }

  /** Holds it for so long from now on: `"30s"` by default. */
  extend(
    { id, leaseId }: Held,
    { lease }: Pick<z.input<typeof Extension>, 'lease'> = {},
    options: CallOptions = {},
  ): Promise<z.infer<typeof LeaseAnswer>> {
    const body = { leaseId, ...(lease === undefined ? {} : { lease }) };
    return this.#request('POST', pathOf(id, 'extend'), { body, ...options });
  }

  async #settle(path: string, body: object, options: CallOptions): Promise<Receipt> {
    const { receipt } = await this.#request<z.infer<typeof ReceiptAnswer>>('POST', path, {
      body,
      ...options,
    });
    return receipt;
  }
}
