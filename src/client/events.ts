import type { z } from 'zod';
import type { Event, EventFilter, EventPage } from '../schemas/event.js';
import type { OpenStream, StreamOptions } from './event-stream.js';
import { createListing, type Listing } from './listing.js';
import { type CallOptions, type Request, rest } from './request.js';

const BETWEEN_STREAMS_MS = 1_000;
const isNever = () => false;

export class Events {
  readonly #request: Request;
  readonly #stream: OpenStream;

  constructor(request: Request, stream: OpenStream) {
    this.#request = request;
    this.#stream = stream;
  }

  /** Lists what happened, oldest first or (`order: 'desc'`) newest first; `type` may be a prefix such as `timer.*`. */
  list(filter: Partial<Omit<EventFilter, 'cursor'>> = {}, options: CallOptions = {}): Listing<Event> {
    return createListing(async (cursor) => {
      const query = { ...filter, cursor };
      const page = await this.#request<z.infer<typeof EventPage>>('GET', '/events', { query, ...options });
      return { items: page.events, nextCursor: page.nextCursor };
    });
  }

  /**
   * Every event as it happens, from now on or after the one whose id is `lastId`; goes on where it was after a break,
   * until `signal` is aborted or nobody reads on. `type` may be a prefix such as `timer.*`. Throws a `MainspringError`
   * when the server cannot be reached for longer than the client's `retries` last.
   */
  async *follow(
    filter: Partial<Pick<EventFilter, 'type' | 'subject'>> = {},
    { lastId: begin, signal }: StreamOptions = {},
  ): AsyncGenerator<Event, void, void> {
    const query = new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== undefined));
    let lastId = begin;
    for (;;) {
      for await (const { id, data } of this.#stream(`/events?${query}`, isNever, { signal, lastId })) {
        lastId = id ?? lastId;
        yield data as Event;
      }
      await rest(BETWEEN_STREAMS_MS, signal);
    }
  }
}
