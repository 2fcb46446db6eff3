import type { Timer } from '../../client/index.js';
import { asJson, moment, partOf, status, text, type View } from '../view.js';
import { DELIVERY } from './delivery-view.js';

const repeated = ({ repeat }: Timer) =>
  repeat &&
  `every ${repeat.everyMs} ms, next is number ${repeat.occurrence}${repeat.count ? ` of ${repeat.count}` : ''}`;

export const TIMER: View<Timer> = {
  id: ({ id }) => id,
  columns: [
    text('id', ({ id }) => id),
    status('status', (timer) => timer.status),
    text('name', ({ name }) => name),
    text('tenant', ({ tenantId }) => tenantId),
    moment('due', ({ fireAt }) => fireAt),
    moment('fired', ({ firedAt }) => firedAt),
    moment('created', ({ createdAt }) => createdAt),
  ],
  more: [
    text('requested by', ({ requestedBy }) => requestedBy),
    text('duration in ms', ({ durationMs }) => durationMs),
    text('repeats', repeated),
    moment('cancelled', ({ cancelledAt }) => cancelledAt),
    text('why', ({ cancelReason }) => cancelReason),
    text('labels', ({ labels }) => asJson(labels)),
    text('metadata', ({ metadata }) => asJson(metadata)),
    text('actions', ({ actionBundle }) => actionBundle?.actions.map(({ type }) => type).join(', ')),
    text('run', ({ run }) => run.url),
  ],
  parts: ({ deliveries }) => partOf('deliveries', DELIVERY.columns, deliveries),
  empty: 'No timers. The first one: mainspring timers create hello --in 30s --webhook http://localhost:9000/',
};
