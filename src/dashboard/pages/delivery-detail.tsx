import type { Delivery } from '../../client/index.js';
import { took } from '../amounts.js';
import { useLive } from '../live.js';
import { Badge } from '../parts/badge.js';
import { Exactly, Moment } from '../parts/moment.js';
import { PageHead } from '../parts/page-head.js';
import { type Column, Table } from '../parts/table.js';
import { Unread } from '../parts/unread.js';
import { ClipOrNone, type Fact, Facts, Failure, Panel, RunLink } from '../parts/words.js';
import { hrefOf } from '../place.js';
import { RedeliverAct } from './delivery-acts.js';

type Attempt = Delivery['attempts'][number];

/** 2xx is success, whatever else was said. */
const outcomeOf = ({ error, statusCode }: Attempt) =>
  error === undefined && (statusCode === undefined || Math.floor(statusCode / 100) === 2)
    ? 'delivered'
    : 'failed';

const COLUMNS: readonly Column<Attempt>[] = [
  { title: 'Attempt', isMain: true, cell: ({ number }) => `Attempt ${number}` },
  {
    title: 'Outcome',
    cell: (attempt) => (
      <Badge status={outcomeOf(attempt)} {...(attempt.statusCode && { text: String(attempt.statusCode) })} />
    ),
  },
  { title: 'When', cell: ({ at }) => <Exactly at={at} /> },
  { title: 'Took', align: 'end', cell: ({ durationMs }) => took(durationMs) },
  { title: 'Error', isWide: true, cell: ({ error }) => <ClipOrNone text={error} /> },
  { title: 'Answer', isWide: true, cell: ({ answer }) => <ClipOrNone text={answer} isMono /> },
];

function factsOf(delivery: Delivery): (Fact | undefined)[] {
  const { timerId, taskId, subscriptionId, nextAttemptAt, endedAt } = delivery;
  return [
    ['Id', <span class="mono">{delivery.id}</span>],
    timerId === null ? undefined : ['Timer', <a href={hrefOf('timers', timerId)}>{timerId}</a>],
    taskId === null ? undefined : ['Task', <a href={hrefOf('tasks', taskId)}>{taskId}</a>],
    subscriptionId === null ? undefined : ['Subscription', subscriptionId],
    ['Channel', delivery.channel],
    ['Receiver', delivery.receiver],
    delivery.url === null ? undefined : ['Address', <span class="mono">{delivery.url}</span>],
    ['Made', <Exactly at={delivery.createdAt} />],
    nextAttemptAt === null ? undefined : ['Next attempt', <Moment at={nextAttemptAt} />],
    endedAt === null ? undefined : ['Ended', <Exactly at={endedAt} />],
    ['Run', <RunLink run={delivery.run} />],
  ];
}

/** One delivery with every attempt at it. */
export function DeliveryDetail({ id }: { id: string }) {
  const back = { href: hrefOf('deliveries'), title: 'Deliveries' };
  const live = useLive(`delivery ${id}`, ['delivery.'], (client, signal) =>
    client.deliveries.get(id, { signal }),
  );
  const { data: delivery, error, reload } = live;
  if (!delivery) return <Unread title="Delivery" back={back} live={live} />;
  const { channel, receiver, attempts } = delivery;
  return (
    <>
      <PageHead
        title={receiver === channel ? channel : `${channel} to ${receiver}`}
        back={back}
        about={<Badge status={delivery.status} />}
        actions={<RedeliverAct delivery={delivery} onDone={reload} />}
      />
      {error === undefined ? null : <Failure text={error} retry={reload} />}
      <Panel title="About">
        <Facts facts={factsOf(delivery)} />
      </Panel>
      <Panel title="Attempts" isBare>
        {attempts.length === 0 ? (
          <p class="panel-body muted">None was made yet.</p>
        ) : (
          <Table
            caption="Every attempt, the first one first"
            columns={COLUMNS}
            keyOf={({ number, at }) => `${number} ${at}`}
            rows={attempts}
          />
        )}
      </Panel>
    </>
  );
}
