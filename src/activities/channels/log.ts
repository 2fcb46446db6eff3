import type { Log } from '../../log.js';
import { keptText } from '../../outbound/kept-text.js';
import type { Channel } from './channel.js';

/**
 * Writes one line to the worker's log. The line says which timer it is of; the body, which may hold anything, is kept
 * as the attempt's answer only.
 */
export function createLogChannel(log: Log): Channel {
  return {
    async deliver({ orgId, tenantId, timerId, id, body }) {
      log.info({ org: orgId, tenant: tenantId, timer: timerId, delivery: id }, 'Timer fired');
      return { kind: 'delivered', answer: keptText(Buffer.from(body)) };
    },
  };
}
