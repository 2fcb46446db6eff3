import type { z } from 'zod';
import type {
  BulkResending,
  Message,
  MessageAnswer,
  MessagePage,
  MessageRequest,
  PublishedMessage,
  Receipt,
  ReceiptAnswer,
  ReceiptStatus,
  ResendingAnswer,
  TopicHistory,
} from '../schemas/message.js';
import { Inbox } from './inbox.js';
import { createListing, type Listing } from './listing.js';
import { InboxLoop, type MessageHandler, type MessageLoop, type OnMessageOptions } from './on-message.js';
import type { CallOptions, CreateOptions, Request } from './request.js';

/** A message as it is sent. */
export type NewMessage = z.input<typeof MessageRequest>;
export type Published = z.infer<typeof PublishedMessage>;

/** The longest `wait` the server takes. */
const LONGEST_WAIT_MS = 60_000;
const OPEN: ReceiptStatus[] = ['queued', 'delivered'];
const mailOf = (agentId: string, verb = '') => `/agents/${encodeURIComponent(agentId)}/messages${verb}`;
const topicOf = (topic: string) => `/topics/${encodeURIComponent(topic)}/messages`;
const messageOf = (id: string) => `/messages/${encodeURIComponent(id)}`;

export class Messages {
  readonly #request: Request;

  constructor(request: Request) {
    this.#request = request;
  }

  /**
   * Sends an agent a message; answered when it is in its mailbox. A repeat after a lost answer makes no second one.
   * Throws `agent_busy` (409) where the agent wants none while it has its hands full.
   */
  send(agentId: string, message: NewMessage, options: CreateOptions = {}): Promise<Message> {
    return this.#create(mailOf(agentId), message, options);
  }

  /** Publishes a message: every agent that subscribes to the topic gets it. */
  publish(topic: string, message: NewMessage, options: CreateOptions = {}): Promise<Message> {
    return this.#create(topicOf(topic), message, options);
  }

  /** Reads a message. With `wait` (`"30s"`, at most `"60s"`) the answer comes when it has ended at every agent. */
  async get(id: string, { wait, ...options }: CallOptions & { wait?: string } = {}): Promise<Message> {
    const waiting = wait === undefined ? {} : { query: { wait }, waitMs: LONGEST_WAIT_MS };
    const call = { ...waiting, ...options };
    return (await this.#request<z.infer<typeof MessageAnswer>>('GET', messageOf(id), call)).message;
  }

  /** Waits until it has ended at every agent, however long that takes: a `signal` ends the wait. */
  async wait(id: string, options: CallOptions = {}): Promise<Message> {
    for (;;) {
      const message = await this.get(id, { wait: '60s', ...options });
      if (!message.receipts.some(({ status }) => OPEN.includes(status))) return message;
    }
  }

  /** What was published on a topic, the oldest first: all, or what came after the `cursor` of a message. */
  history(
    topic: string,
    { after, limit }: { after?: string; limit?: number } = {},
    options: CallOptions = {},
  ): Listing<Published> {
    return createListing(async (next) => {
      const query = { limit, cursor: next ?? after };
      const call = { query, ...options };
      const page = await this.#request<z.infer<typeof TopicHistory>>('GET', topicOf(topic), call);
      return { items: page.messages, nextCursor: page.nextCursor };
    });
  }

  /** The mail of an agent, newest first, each with the receipt of this agent. */
  list(
    agentId: string,
    filter: { status?: ReceiptStatus; limit?: number } = {},
    options: CallOptions = {},
  ): Listing<Message> {
    return createListing(async (cursor) => {
      const call = { query: { ...filter, cursor }, ...options };
      const page = await this.#request<z.infer<typeof MessagePage>>('GET', mailOf(agentId), call);
      return { items: page.messages, nextCursor: page.nextCursor };
    });
  }

  /** Sends an agent a message that has ended there once more. Throws `wrong_state` (409) where it has not ended. */
  async redeliver(agentId: string, id: string, options: CallOptions = {}): Promise<Receipt> {
    const path = mailOf(agentId, `/${encodeURIComponent(id)}/redeliver`);
    const call = { body: {}, once: true, ...options };
    return (await this.#request<z.infer<typeof ReceiptAnswer>>('POST', path, call)).receipt;
  }

  /** The same with all that are dead, or failed, there; answers how many, at most 10,000. */
  async redeliverAll(
    agentId: string,
    which: z.input<typeof BulkResending>,
    options: CallOptions = {},
  ): Promise<number> {
    const call = { body: which, ...options };
    const path = mailOf(agentId, '/redeliver');
    return (await this.#request<z.infer<typeof ResendingAnswer>>('POST', path, call)).redelivered;
  }

  /** The inbox of an agent that runs elsewhere. */
  inbox(agentId: string): Inbox {
    return new Inbox(this.#request, agentId);
  }

  /**
   * Has a function handle the messages of an agent, as they come: its answer is the reply, what it throws refuses the
   * message. Leases of long ones are extended; an outage of the server is waited out.
   *
   * @example
   * const loop = client.messages.onMessage(agent.id, async ({ payload }) => ({ content: `You said ${payload.content}` }));
   * process.once('SIGTERM', () => loop.stop());
   */
  onMessage(agentId: string, handler: MessageHandler, options: OnMessageOptions = {}): MessageLoop {
    return new InboxLoop(this.inbox(agentId), handler, options);
  }

  async #create(path: string, body: NewMessage, options: CreateOptions): Promise<Message> {
    const call = { body, idempotencyKey: crypto.randomUUID(), ...options };
    return (await this.#request<z.infer<typeof MessageAnswer>>('POST', path, call)).message;
  }
}
