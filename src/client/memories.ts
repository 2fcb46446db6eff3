import type { z } from 'zod';
import type { MemoriesForgotten, Memory, MemoryAnswer, MemoryPage } from '../schemas/memory.js';
import { createListing, type Listing } from './listing.js';
import type { CallOptions, Request } from './request.js';

/** Something that an agent remembers. */
export type MemoryEntry = z.infer<typeof Memory>;

/** What a call about one memory names besides its key: the session that it belongs to, by default none. */
export interface MemoryOptions extends CallOptions {
  sessionId?: string;
}

const pathOf = (agentId: string, key?: string) =>
  `/agents/${encodeURIComponent(agentId)}/memories${key === undefined ? '' : `/${encodeURIComponent(key)}`}`;

/** What agents remember from one task to the next. */
export class Memories {
  readonly #request: Request;

  constructor(request: Request) {
    this.#request = request;
  }

  /** The newest first: of one session, or without `sessionId` of all and of none. */
  list(
    agentId: string,
    filter: { sessionId?: string; limit?: number } = {},
    options: CallOptions = {},
  ): Listing<MemoryEntry> {
    return createListing(async (cursor) => {
      const call = { query: { ...filter, cursor }, ...options };
      const page = await this.#request<z.infer<typeof MemoryPage>>('GET', pathOf(agentId), call);
      return { items: page.memories, nextCursor: page.nextCursor };
    });
  }

  async get(agentId: string, key: string, options: MemoryOptions = {}): Promise<MemoryEntry> {
    return this.#one('GET', pathOf(agentId, key), options);
  }

  /** Writes over what stood there. Any JSON but null, at most 64 KB; throws `wrong_state` (409) when there is no room. */
  async set(agentId: string, key: string, value: unknown, options: MemoryOptions = {}): Promise<MemoryEntry> {
    return this.#one('PUT', pathOf(agentId, key), { body: { value }, ...options });
  }

  /** Has it forget one. Throws `not_found` (404) when there is none. */
  async delete(agentId: string, key: string, { sessionId, ...options }: MemoryOptions = {}): Promise<void> {
    await this.#request('DELETE', pathOf(agentId, key), { query: { sessionId }, once: true, ...options });
  }

  /** Has it forget a whole session, or without one everything; answers how many entries that were. */
  async deleteAll(agentId: string, { sessionId, ...options }: MemoryOptions = {}): Promise<number> {
    const call = { query: { sessionId }, ...options };
    const path = pathOf(agentId);
    return (await this.#request<z.infer<typeof MemoriesForgotten>>('DELETE', path, call)).deleted;
  }

  async #one(
    method: 'GET' | 'PUT',
    path: string,
    { sessionId, ...call }: MemoryOptions & { body?: object },
  ): Promise<MemoryEntry> {
    const given = { query: { sessionId }, ...call };
    return (await this.#request<z.infer<typeof MemoryAnswer>>(method, path, given)).memory;
  }
}
