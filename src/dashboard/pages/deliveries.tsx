import type { DeliverySummary } from '../../client/index.js';
import { fieldValue } from '../dates.js';
import { useLiveList } from '../live.js';
import { Act } from '../parts/act.js';
import { Badge } from '../parts/badge.js';
import { Empty, requestOf } from '../parts/code.js';
import { DeliveryLink, lastAnswer } from '../parts/delivery-columns.js';
import { choicesOf, chosenOf, Tabs } from '../parts/filters.js';
import { Moment } from '../parts/moment.js';
import { PageHead } from '../parts/page-head.js';
import { type Column, ListPanel } from '../parts/table.js';
import { Clip, None } from '../parts/words.js';
import { hrefOf, place } from '../place.js';
import { RedeliverAct } from './delivery-acts.js';
import { DeliveryDetail } from './delivery-detail.js';

const STATUSES = ['pending', 'delivered', 'dead'] as const;
const DAY_MS = 86_400_000;

const EXAMPLE = {
  tenantId: 'me',
  requestedBy: 'me',
  name: 'call me',
  duration: '10s',
  actionBundle: { actions: [{ type: 'webhook', url: 'https://example.com/hook' }] },
};

/** What it is a delivery of. */
function Source({ timerId, taskId, subscriptionId }: DeliverySummary) {
  if (timerId !== null) return <a href={hrefOf('timers', timerId)}>timer</a>;
  if (taskId !== null) return <a href={hrefOf('tasks', taskId)}>task</a>;
  return subscriptionId === null ? <None /> : <span title={subscriptionId}>subscription</span>;
}

const columnsOf = (onDone: () => void): readonly Column<DeliverySummary>[] => [
  { title: 'Delivery', isMain: true, cell: DeliveryLink },
  { title: 'Status', cell: ({ status }) => <Badge status={status} /> },
  { title: 'Of a', cell: (delivery) => <Source {...delivery} /> },
  { title: 'Receiver', isWide: true, cell: ({ receiver }) => <Clip text={receiver} /> },
  { title: 'Attempts', align: 'end', cell: ({ attemptCount }) => attemptCount },
  { title: 'Last answer', isWide: true, cell: lastAnswer },
  { title: 'Made', cell: ({ createdAt }) => <Moment at={createdAt} /> },
  { title: 'Next attempt', cell: ({ nextAttemptAt }) => <Moment at={nextAttemptAt} /> },
  {
    title: 'Change',
    isTitleUnseen: true,
    align: 'end',
    cell: (delivery) =>
      delivery.status === 'dead' ? <RedeliverAct delivery={delivery} size="small" onDone={onDone} /> : null,
  },
];

function RedeliverDead({ onDone }: { onDone: () => void }) {
  return (
    <Act
      name="Redeliver dead ones …"
      onDone={onDone}
      ask={{
        title: 'Redeliver all that are dead?',
        confirm: 'Redeliver them',
        body: (
          <>
            <p>Each is sent once more under its id with its bytes, and its retries begin anew.</p>
            <label>
              Those that died since
              <input
                name="since"
                type="datetime-local"
                required
                defaultValue={fieldValue(Date.now() - DAY_MS)}
              />
            </label>
          </>
        ),
      }}
      run={async (client, form) => {
        const sent = await client.deliveries.redeliverDead(new Date(String(form.get('since'))));
        return sent === 0 ? 'None has died since then.' : `${sent} are sent once more.`;
      }}
    />
  );
}

function DeliveryList() {
  const { query } = place.value;
  const status = chosenOf(STATUSES, 'status');
  const live = useLiveList(`deliveries ${query}`, ['delivery.', 'timer.fired'], (client, limit, signal) =>
    client.deliveries.list({ ...(status && { status }), limit }, { signal }),
  );
  return (
    <>
      <PageHead title="Deliveries" actions={<RedeliverDead onDone={live.reload} />} />
      <div class="filters">
        <Tabs name="status" label="Status" choices={choicesOf(STATUSES)} />
      </div>
      <ListPanel
        label="Deliveries"
        caption="Deliveries, the newest first"
        live={live}
        columns={columnsOf(live.reload)}
        keyOf={({ id }) => id}
        empty={
          status ? (
            <Empty title={`No delivery is ${status}.`} />
          ) : (
            <Empty title="Nothing was delivered yet" example={requestOf('/timers', EXAMPLE)}>
              What timers, tasks and subscriptions send stands here, with every attempt. A timer with a
              webhook makes one:
            </Empty>
          )
        }
      />
    </>
  );
}

/** All deliveries, or one of them. */
export function Deliveries() {
  const { part } = place.value;
  return part === undefined ? <DeliveryList /> : <DeliveryDetail id={part} />;
}
