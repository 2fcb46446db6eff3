import { Deliveries } from './deliveries.js';
import { Events } from './events.js';
import { completeOptions, type MainspringOptions } from './options.js';
import { createRequest } from './request.js';
import { Timers } from './timers.js';

/**
 * The API as methods, for Node and browsers.
 *
 * Requests that are safe to repeat are repeated when no answer came, and all are on 429 and 503, after what
 * `Retry-After` asks for; a bounded number of times, and never after a wait of more than a minute. Every failure is a
 * `MainspringError`.
 *
 * @example
 * const client = new MainspringClient({ apiKey: 'mnt_…' });
 * const timer = await client.timers.create({
 *   tenantId: 'worker-1', requestedBy: 'worker-1', name: 'call me back', duration: '15m',
 *   actionBundle: { actions: [{ type: 'webhook', url: 'https://worker.example.com/hook' }] },
 * });
 */
export class MainspringClient {
  readonly timers: Timers;
  readonly deliveries: Deliveries;
  readonly events: Events;

  constructor(options: MainspringOptions = {}) {
    const request = createRequest(completeOptions(options));
    this.timers = new Timers(request);
    this.deliveries = new Deliveries(request);
    this.events = new Events(request);
  }
}
