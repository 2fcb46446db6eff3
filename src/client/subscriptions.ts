import type { z } from 'zod';
import type { Subscription, SubscriptionRequest } from '../schemas/event.js';
import type { CallOptions, CreateOptions, Request } from './request.js';

export class Subscriptions {
  readonly #request: Request;

  constructor(request: Request) {
    this.#request = request;
  }

  /** Has events sent to a URL: `{ url, types: ['agent.*'] }`. */
  async create(
    subscription: z.input<typeof SubscriptionRequest>,
    options: CreateOptions = {},
  ): Promise<Subscription> {
    const call = { body: subscription, idempotencyKey: crypto.randomUUID(), ...options };
    const answer = await this.#request<{ subscription: Subscription }>('POST', '/subscriptions', call);
    return answer.subscription;
  }

  /** All of them: they are few. */
  async list(options: CallOptions = {}): Promise<Subscription[]> {
    const answer = await this.#request<{ subscriptions: Subscription[] }>('GET', '/subscriptions', options);
    return answer.subscriptions;
  }

  /** Ends it; what it made already is still delivered. */
  async delete(id: string, options: CallOptions = {}): Promise<void> {
    await this.#request('DELETE', `/subscriptions/${encodeURIComponent(id)}`, { once: true, ...options });
  }
}
