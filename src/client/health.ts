import type { CallOptions, Request } from './request.js';

/** What Mainspring works with. */
export type HealthPart = 'temporal' | 'db' | 'redis' | 'smtp' | 'nats' | 'amqp';

/** Probes of one API process. They need no credential, and are never repeated: what they say is about now. */
export class Health {
  readonly #request: Request;

  constructor(request: Request) {
    this.#request = request;
  }

  /** Throws `unreachable` where no process answers. */
  async live(options: CallOptions = {}): Promise<void> {
    await this.#request('GET', '/livez', options);
  }

  /** Throws `unavailable` (503) where the database or Temporal does not answer, or the process is stopping. */
  async ready(options: CallOptions = {}): Promise<void> {
    await this.#request('GET', '/readyz', options);
  }

  /** Of one part. Throws `unavailable` (503) where it is configured and does not answer. */
  async part(name: HealthPart, options: CallOptions = {}): Promise<'ok' | 'not_configured'> {
    const path = `/api/health/${name}`;
    return (await this.#request<{ status: 'ok' | 'not_configured' }>('GET', path, options)).status;
  }

  /** What the process has counted, as text in Prometheus's format. */
  metrics(options: CallOptions = {}): Promise<string> {
    return this.#request('GET', '/metrics', options);
  }
}
