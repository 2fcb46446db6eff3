import type { z } from 'zod';
import type { Event, EventFilter, EventPage } from '../schemas/event.js';
import { createListing, type Listing } from './listing.js';
import type { CallOptions, Request } from './request.js';

export class Events {
  readonly #request: Request;

  constructor(request: Request) {
    this.#request = request;
  }

  /** Lists what happened, oldest first; `type` may be a prefix such as `timer.*`. */
  list(filter: Partial<Omit<EventFilter, 'cursor'>> = {}, options: CallOptions = {}): Listing<Event> {
    return createListing(async (cursor) => {
      const query = { ...filter, cursor };
      const page = await this.#request<z.infer<typeof EventPage>>('GET', '/events', { query, ...options });
      return { items: page.events, nextCursor: page.nextCursor };
    });
  }
}
