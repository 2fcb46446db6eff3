import type { Log } from '../../log.js';
import type { Channel } from './channel.js';

/** A channel with a line in the log for each attempt that failed. */
export const reporting = (log: Log, sentence: string, deliver: Channel['deliver']): Channel => ({
  async deliver(delivery) {
    const result = await deliver(delivery);
    if (result.kind !== 'delivered') {
      const { orgId: org, tenantId: tenant, timerId: timer, taskId: task, id, attemptNumber } = delivery;
      const { statusCode: status, error } = result;
      const whose = task === null ? { tenant, timer } : { task };
      log.warn({ org, ...whose, delivery: id, attempt: attemptNumber, status, error }, sentence);
    }
    return result;
  },
});
