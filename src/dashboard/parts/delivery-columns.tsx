import type { DeliverySummary } from '../../client/index.js';
import { hrefOf } from '../place.js';
import { Badge } from './badge.js';
import { Moment } from './moment.js';
import type { Column } from './table.js';
import { Clip, ClipOrNone } from './words.js';

/** What a delivery came to, in the last words of its receiver. */
export const lastAnswer = ({ lastStatusCode, lastError }: DeliverySummary) =>
  lastStatusCode === null || lastError ? <ClipOrNone text={lastError} /> : lastStatusCode;

/** The way to a delivery, which is known by its channel. */
export function DeliveryLink({ id, channel }: Pick<DeliverySummary, 'id' | 'channel'>) {
  return (
    <a href={hrefOf('deliveries', id)} title={id}>
      {channel}
      <span class="unseen"> {id}</span>
    </a>
  );
}

/** Deliveries of one thing. */
export const DELIVERY_COLUMNS: readonly Column<DeliverySummary>[] = [
  { title: 'Delivery', isMain: true, cell: DeliveryLink },
  { title: 'Status', cell: ({ status }) => <Badge status={status} /> },
  { title: 'Receiver', isWide: true, cell: ({ receiver }) => <Clip text={receiver} /> },
  { title: 'Attempts', align: 'end', cell: ({ attemptCount }) => attemptCount },
  { title: 'Last answer', isWide: true, cell: lastAnswer },
  { title: 'Next attempt', cell: ({ nextAttemptAt }) => <Moment at={nextAttemptAt} /> },
];
