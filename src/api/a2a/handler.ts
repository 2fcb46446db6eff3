import { AgentCard } from '@a2a-js/sdk';
import { PushNotificationNotSupportedError, UnsupportedOperationError } from '@a2a-js/sdk/errors';
import type { A2ARequestHandler } from '@a2a-js/sdk/server';
import type { Services } from '../services.js';
import { a2aTask, hasEnded } from './a2a-task.js';
import type { Card } from './card.js';
import { Door, type DoorOptions } from './door.js';
import { listTasks } from './list-tasks.js';

export interface HandlerOptions extends DoorOptions {
  card: () => Promise<Card>;
}

/** A2A over the tasks of the API: what the SDK calls once it has read a request, of either revision. */
export function createTaskHandler(options: HandlerOptions, services: Services): A2ARequestHandler {
  const { calls, card } = options;
  const door = new Door(options, services);
  const guarded = <T>(work: () => Promise<T>): Promise<T> =>
    work().catch((error: unknown) => Promise.reject(calls.errorOf(error)));
  const notPushed = () => Promise.reject(new PushNotificationNotSupportedError('results are not pushed'));
  const ownCard = () => guarded(async () => AgentCard.fromJSON(await card()));
  return {
    getAgentCard: ownCard,
    getAuthenticatedExtendedAgentCard: ownCard,
    sendMessage: (request) =>
      guarded(async () => {
        const taken = await door.take(request);
        const { returnImmediately = false, historyLength } = request.configuration ?? {};
        if (!returnImmediately) await door.settle(taken);
        return a2aTask(await door.read(taken.id), historyLength);
      }),
    async *sendMessageStream(request) {
      const { id } = await guarded(() => door.take(request));
      yield* door.updates(id);
    },
    async *resubscribe({ id }) {
      if (hasEnded(await guarded(() => door.read(id))))
        throw new UnsupportedOperationError('the task has ended: ask for it');
      yield* door.updates(id);
    },
    getTask: ({ id, historyLength }) => guarded(async () => a2aTask(await door.read(id), historyLength)),
    cancelTask: ({ id }) =>
      guarded(async () => {
        await door.read(id);
        return a2aTask(await calls.cancel(id));
      }),
    listTasks: (request) => guarded(() => listTasks(request, options)),
    createTaskPushNotificationConfig: notPushed,
    getTaskPushNotificationConfig: notPushed,
    listTaskPushNotificationConfigs: notPushed,
    deleteTaskPushNotificationConfig: notPushed,
  };
}
