import type { CallOptions, Request } from './request.js';

export interface WebhookSecret {
  /** `whsec_…`, for a library of https://www.standardwebhooks.com. */
  secret: string;
  /** Until when the secret before signs as well: ISO 8601, or null. */
  previousSecretUntil: string | null;
}

/** What webhooks are signed with. */
export class WebhookSecrets {
  readonly #request: Request;

  constructor(request: Request) {
    this.#request = request;
  }

  get(options: CallOptions = {}): Promise<WebhookSecret> {
    return this.#request('GET', '/webhook-secret', options);
  }

  /** Makes a new one; for 24 hours the old one signs as well, and a further one is `wrong_state` (409). */
  rotate(options: CallOptions = {}): Promise<WebhookSecret> {
    return this.#request('POST', '/webhook-secret/rotate', { body: {}, once: true, ...options });
  }
}
