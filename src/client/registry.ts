import { createListing, type Listing } from './listing.js';
import type { CallOptions, CreateOptions, Exchange } from './request.js';

/** A resource as it was read. Its `etag`, given as `ifMatch` to a change, makes sure that nobody changed it since. */
export type Versioned<Resource> = Resource & { readonly etag: string | undefined };

/** What a caller may add to a change. */
export interface ChangeOptions extends CallOptions {
  /** The `etag` that the change is made on: throws `precondition_failed` (412) when it is another one now. */
  ifMatch?: string | undefined;
}

type Query = Record<string, string | number | undefined>;
type Created = Record<string, object>;

/** The calls that all resources of one organisation's registry have. */
export class Registry<Resource extends object, New, Change, Filter extends object> {
  readonly #exchange: Exchange;
  readonly #one: string;
  readonly #many: string;

  /** `one` and `many` are its names in answers; `many` is also its path. */
  constructor(exchange: Exchange, { one, many }: { one: string; many: string }) {
    this.#exchange = exchange;
    this.#one = one;
    this.#many = many;
  }

  /** Sent with an `Idempotency-Key`, so a repeat after a lost answer makes no second one. */
  create(resource: New, options: CreateOptions = {}): Promise<Versioned<Resource>> {
    const call = { body: resource, idempotencyKey: crypto.randomUUID(), ...options };
    return this.#send('POST', `/${this.#many}`, call);
  }

  get(id: string, options: CallOptions = {}): Promise<Versioned<Resource>> {
    return this.#send('GET', this.path(id), options);
  }

  /** Lists them, reading each page when it is needed. `limit` is the size of a page, at most 500. */
  list(filter: Partial<Omit<Filter, 'cursor'>> = {}, options: CallOptions = {}): Listing<Resource> {
    return this.pages<Resource>(`/${this.#many}`, this.#many, filter, options);
  }

  /** What is given replaces what stood, as a whole. */
  update(id: string, change: Change, options: ChangeOptions = {}): Promise<Versioned<Resource>> {
    const call = { body: change, once: options.ifMatch !== undefined, ...options };
    return this.#send('PATCH', this.path(id), call);
  }

  async delete(id: string, options: ChangeOptions = {}): Promise<void> {
    await this.#exchange('DELETE', this.path(id), { once: true, ...options });
  }

  protected path(id: string, verb = ''): string {
    return `/${this.#many}/${encodeURIComponent(id)}${verb}`;
  }

  protected pages<Item>(
    path: string,
    items: string,
    filter: object,
    options: CallOptions = {},
  ): Listing<Item> {
    return createListing(async (cursor) => {
      const query = { ...filter, cursor } as Query;
      const { body } = await this.#exchange<Record<string, Item[]> & { nextCursor: string | null }>(
        'GET',
        path,
        { query, ...options },
      );
      return { items: body[items] ?? [], nextCursor: body.nextCursor };
    });
  }

  /** Does something to one that a second call would not do again in the same way. */
  protected act(id: string, verb: string, options: ChangeOptions = {}): Promise<Versioned<Resource>> {
    return this.#send('POST', this.path(id, verb), { body: {}, once: true, ...options });
  }

  async #send(...call: Parameters<Exchange>): Promise<Versioned<Resource>> {
    const { body, etag } = await this.#exchange<Created>(...call);
    return { ...(body[this.#one] as Resource), etag };
  }
}
