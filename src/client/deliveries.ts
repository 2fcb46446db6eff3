import type { z } from 'zod';
import type { Delivery, DeliveryFilter, DeliveryPage, DeliverySummary } from '../schemas/delivery.js';
import { createListing, type Listing } from './listing.js';
import type { CallOptions, Request } from './request.js';

const pathOf = (id: string, verb = '') => `/deliveries/${encodeURIComponent(id)}${verb}`;

export class Deliveries {
  readonly #request: Request;

  constructor(request: Request) {
    this.#request = request;
  }

  /** Lists deliveries: `{ status: 'dead' }` are those that were given up. */
  list(
    filter: Partial<Omit<DeliveryFilter, 'cursor'>> = {},
    options: CallOptions = {},
  ): Listing<DeliverySummary> {
    return createListing(async (cursor) => {
      const query = { ...filter, cursor };
      const page = await this.#request<z.infer<typeof DeliveryPage>>('GET', '/deliveries', {
        query,
        ...options,
      });
      return { items: page.deliveries, nextCursor: page.nextCursor };
    });
  }

  /** Reads a delivery with every attempt. */
  async get(id: string, options: CallOptions = {}): Promise<Delivery> {
    const { delivery } = await this.#request<{ delivery: Delivery }>('GET', pathOf(id), options);
    return delivery;
  }

  /** Sends a delivery that has ended once more, under the same `webhook-id` and with the same body. */
  async redeliver(id: string, options: CallOptions = {}): Promise<Delivery> {
    const call = { body: {}, once: true, ...options };
    const { delivery } = await this.#request<{ delivery: Delivery }>('POST', pathOf(id, '/redeliver'), call);
    return delivery;
  }

  /** The same with all that died since a moment; answers how many those are. */
  async redeliverDead(since: Date | string, options: CallOptions = {}): Promise<number> {
    const body = { status: 'dead', since: since instanceof Date ? since.toISOString() : since };
    const call = { body, once: true, ...options };
    return (await this.#request<{ redelivered: number }>('POST', '/deliveries/redeliver', call)).redelivered;
  }
}
