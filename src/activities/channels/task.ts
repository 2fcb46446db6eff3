import { getTask } from '../../db/tasks.js';
import { withResultSecrets } from '../../domain/channel-rules.js';
import type { Log } from '../../log.js';
import { TaskRequest } from '../../schemas/task.js';
import type { TaskDelivery } from '../../schemas/task-delivery.js';
import { fingerprintOfRequest, planTask, type TaskRequestOptions } from '../../tasks/task-request.js';
import type { Tasks } from '../../tasks/tasks.js';
import type { AttemptResult, Channel } from './channel.js';
import { deadOf, readStored } from './stored-request.js';

export interface TaskChannelOptions extends TaskRequestOptions {
  tasks: Tasks;
  log: Log;
  now?: () => number;
}

/** The request as it was before its secrets were sealed; what was parsed when it was accepted parses again. */
function requestOf(body: string, { open }: TaskChannelOptions['vault']) {
  const stored: { delivery: TaskDelivery[] } = JSON.parse(body);
  const delivery = stored.delivery.map((one) => withResultSecrets(one, { secret: open, url: open }));
  return TaskRequest.safeParse({ ...stored, delivery });
}

/** Gives an agent a task. Its id is the delivery's, so that a second attempt finds it there. */
export function createTaskChannel({ tasks, log, now = Date.now, ...options }: TaskChannelOptions): Channel {
  async function submit(orgId: string, id: string, request: TaskRequest): Promise<AttemptResult> {
    const planned = await planTask(options, orgId, request);
    if (planned.kind === 'unavailable') return { kind: 'retry', error: 'agent_unavailable' };
    if (planned.kind === 'refused') return deadOf(planned.errors);
    const fingerprint = fingerprintOfRequest(request);
    await tasks.submit({
      ...{ orgId, id, fingerprint, createdAt: new Date(now()), parent: null },
      ...planned.plan,
    });
    return { kind: 'delivered', answer: `task ${id}` };
  }

  return {
    async deliver({ orgId, id, body }): Promise<AttemptResult> {
      const stored = readStored(
        () => requestOf(body, options.vault),
        (error) => log.error({ org: orgId, delivery: id, error }, 'The secrets of a task could not be read'),
      );
      if (stored.kind !== 'ready') return stored;
      try {
        const standing = await getTask(options.db, orgId, id);
        return standing
          ? { kind: 'delivered', answer: `task ${id}` }
          : await submit(orgId, id, stored.request);
      } catch (error) {
        log.warn({ org: orgId, delivery: id, error }, 'A task could not be given');
        return { kind: 'retry', error: 'not_submitted' };
      }
    },
  };
}
