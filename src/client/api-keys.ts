import type { z } from 'zod';
import type { ApiKey, ApiKeyRequest, NewApiKey } from '../schemas/api-key.js';
import type { CallOptions, Request } from './request.js';

/** The API keys of an organisation: an admin token's business. */
export class ApiKeys {
  readonly #request: Request;

  constructor(request: Request) {
    this.#request = request;
  }

  /** Makes a key; `key` is shown this once. Not repeated after a lost answer. */
  create(
    apiKey: z.input<typeof ApiKeyRequest>,
    options: CallOptions = {},
  ): Promise<z.infer<typeof NewApiKey>> {
    return this.#request('POST', '/api-keys', { body: apiKey, once: true, ...options });
  }

  /** Those that work. */
  async list(options: CallOptions = {}): Promise<ApiKey[]> {
    const { apiKeys } = await this.#request<{ apiKeys: ApiKey[] }>('GET', '/api-keys', options);
    return apiKeys;
  }

  /** Revokes a key: within a second it is refused everywhere. */
  async revoke(id: string, options: CallOptions = {}): Promise<void> {
    await this.#request('DELETE', `/api-keys/${encodeURIComponent(id)}`, { once: true, ...options });
  }
}
