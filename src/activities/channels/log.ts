import type { Log } from '../../log.js';
import { keptText } from '../../outbound/kept-text.js';
import type { Channel } from './channel.js';

/**
 * Writes one line to the worker's log. The line says which timer or task it is of; the body, which may hold anything, is kept
 * as the attempt's answer only.
 */
export function createLogChannel(log: Log): Channel {
  return {
    async deliver({ orgId, tenantId, timerId, taskId, id, body }) {
      if (taskId === null)
        log.info({ org: orgId, tenant: tenantId, timer: timerId, delivery: id }, 'Timer fired');
      else log.info({ org: orgId, task: taskId, delivery: id }, 'Task ended');
      return { kind: 'delivered', answer: keptText(Buffer.from(body)) };
    },
  };
}
