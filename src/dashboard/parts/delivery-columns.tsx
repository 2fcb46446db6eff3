import type { DeliverySummary } from '../../client/index.js';
import { hrefOf } from '../place.js';
import { Badge } from './badge.js';
import { Moment } from './moment.js';
import type { Column } from './table.js';
import { Clip, None } from './words.js';

/** What a delivery came to, in the last words of its receiver. */
export const lastAnswer = ({ lastStatusCode, lastError }: DeliverySummary) =>
  lastError ? <Clip text={lastError} /> : (lastStatusCode ?? <None />);

/** Deliveries of one thing. */
export const DELIVERY_COLUMNS: readonly Column<DeliverySummary>[] = [
  {
    title: 'Delivery',
    isMain: true,
    cell: ({ id, channel }) => (
      <a href={hrefOf('deliveries', id)} title={id}>
        {channel}
        <span class="unseen"> {id}</span>
      </a>
    ),
  },
  { title: 'Status', cell: ({ status }) => <Badge status={status} /> },
  { title: 'Receiver', cell: ({ receiver }) => <Clip text={receiver} /> },
  { title: 'Attempts', align: 'end', cell: ({ attemptCount }) => attemptCount },
  { title: 'Last answer', cell: lastAnswer },
  { title: 'Next attempt', cell: ({ nextAttemptAt }) => <Moment at={nextAttemptAt} /> },
];
