import type { Log } from '../../log.js';
import { keptText } from '../../outbound/kept-text.js';
import type { Channel } from './channel.js';

/** Of the body of a result, what may be logged. */
interface Ended {
  agent_name: string;
  success: boolean;
  execution_time_ms: number;
}

/**
 * Writes one line to the worker's log. The line says which timer or task it is of, and how that ended; the body, which
 * may hold anything, is kept as the attempt's answer only.
 */
export function createLogChannel(log: Log): Channel {
  return {
    async deliver({ orgId, tenantId, timerId, taskId, id, body }) {
      if (taskId === null)
        log.info({ org: orgId, tenant: tenantId, timer: timerId, delivery: id }, 'Timer fired');
      else {
        const { agent_name: agent, success, execution_time_ms: durationMs }: Ended = JSON.parse(body);
        const status = success ? 'completed' : 'not completed';
        log.info({ org: orgId, task: taskId, delivery: id, agent, status, durationMs }, 'Task ended');
      }
      return { kind: 'delivered', answer: keptText(Buffer.from(body)) };
    },
  };
}
