import type { Timer } from '../../client/index.js';
import { useLive } from '../live.js';
import { Badge } from '../parts/badge.js';
import { Json } from '../parts/code.js';
import { DELIVERY_COLUMNS } from '../parts/delivery-columns.js';
import { Exactly, Moment } from '../parts/moment.js';
import { PageHead } from '../parts/page-head.js';
import { Table } from '../parts/table.js';
import { Unread } from '../parts/unread.js';
import { type Fact, Facts, Failure, Panel, RunLink } from '../parts/words.js';
import { hrefOf } from '../place.js';
import { period } from '../span.js';
import { TimerActs } from './timer-acts.js';

const both = (at: string) => (
  <>
    <Exactly at={at} /> <span class="muted">(</span>
    <Moment at={at} />
    <span class="muted">)</span>
  </>
);

function factsOf(timer: Timer): (Fact | undefined)[] {
  const { repeat } = timer;
  return [
    ['Id', <span class="mono">{timer.id}</span>],
    ['Tenant', timer.tenantId],
    ['Asked for by', timer.requestedBy],
    ['Created', both(timer.createdAt)],
    ['Due', both(timer.fireAt)],
    timer.firedAt === undefined ? undefined : ['Fired', both(timer.firedAt)],
    timer.cancelledAt === undefined ? undefined : ['Cancelled', both(timer.cancelledAt)],
    timer.cancelReason === undefined ? undefined : ['Reason', timer.cancelReason],
    timer.cancelledBy === undefined ? undefined : ['Cancelled by', timer.cancelledBy],
    ['Duration', period(timer.durationMs)],
    repeat
      ? [
          'Repeats',
          `every ${period(repeat.everyMs)}${repeat.count === undefined ? '' : `, ${repeat.count} times`}, now at ${repeat.occurrence}`,
        ]
      : undefined,
    ['Run', <RunLink run={timer.run} />],
  ];
}

function Details({ timer }: { timer: Timer }) {
  const { actionBundle, metadata, labels } = timer;
  const more = {
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
  return (
    <div class="columns">
      <Panel title="About">
        <Facts facts={factsOf(timer)} />
      </Panel>
      <Panel title="What it does">
        {actionBundle ? (
          <Json name="its actions" value={actionBundle} />
        ) : (
          <p class="muted">Nothing: it has no actions, and fires for whoever waits for it.</p>
        )}
        {Object.keys(more).length > 0 ? <Json name="its labels and metadata" value={more} /> : null}
      </Panel>
    </div>
  );
}

/** One timer: what it is, what it does, what was delivered. */
export function TimerDetail({ id }: { id: string }) {
  const back = { href: hrefOf('timers'), title: 'Timers' };
  const {
    data: timer,
    error,
    reload,
  } = useLive(`timer ${id}`, ['timer.', 'delivery.'], (client, signal) => client.timers.get(id, { signal }));
  if (!timer) return <Unread title="Timer" back={back} live={{ error, reload }} />;
  const about = (
    <>
      <Badge status={timer.status} />
      {timer.status === 'scheduled' ? <Moment at={timer.fireAt} /> : null}
    </>
  );
  return (
    <>
      <PageHead
        title={timer.name}
        back={back}
        about={about}
        actions={<TimerActs timer={timer} onDone={reload} />}
      />
      {error === undefined ? null : <Failure text={error} retry={reload} />}
      <Details timer={timer} />
      <Panel title="Deliveries" isBare>
        {timer.deliveries.length === 0 ? (
          <p class="panel-body muted">Nothing was sent yet.</p>
        ) : (
          <Table
            caption="The latest deliveries of this timer"
            columns={DELIVERY_COLUMNS}
            keyOf={(delivery) => delivery.id}
            rows={timer.deliveries}
          />
        )}
      </Panel>
    </>
  );
}
