import type { Delivery, DeliverySummary } from '../../client/index.js';
import { type Column, moment, partOf, status, text, type View } from '../view.js';

type Shown = DeliverySummary & Partial<Pick<Delivery, 'url' | 'attempts'>>;

const of = ({ timerId, taskId, subscriptionId }: DeliverySummary) =>
  [
    ['timer', timerId],
    ['task', taskId],
    ['subscription', subscriptionId],
  ]
    .filter(([, id]) => id !== null)
    .map((words) => words.join(' '))
    .join(', ');

const ATTEMPT: Column<Delivery['attempts'][number]>[] = [
  text('number', ({ number }) => number),
  moment('at', ({ at }) => at),
  text('ms', ({ durationMs }) => durationMs),
  text('status', ({ statusCode }) => statusCode),
  text('error', ({ error }) => error),
  text('answer', ({ answer }) => answer),
];

export const DELIVERY: View<Shown> = {
  id: ({ id }) => id,
  columns: [
    text('id', ({ id }) => id),
    status('status', (delivery) => delivery.status),
    text('channel', ({ channel }) => channel),
    text('receiver', ({ receiver }) => receiver),
    text('attempts', ({ attemptCount }) => attemptCount),
    moment('created', ({ createdAt }) => createdAt),
    moment('next', ({ nextAttemptAt }) => nextAttemptAt),
    text('last', ({ lastStatusCode, lastError }) => lastError ?? lastStatusCode),
  ],
  more: [text('of', of), text('url', ({ url }) => url), moment('ended', ({ endedAt }) => endedAt)],
  parts: ({ attempts = [] }) => partOf('attempts', ATTEMPT, attempts),
  empty: 'No deliveries.',
};
