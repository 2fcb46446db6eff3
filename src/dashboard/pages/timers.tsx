import type { Timer } from '../../client/index.js';
import { type LiveList, useLiveList } from '../live.js';
import { Badge } from '../parts/badge.js';
import { Empty, requestOf } from '../parts/code.js';
import { choicesOf, chosenOf, Tabs, TextFilter } from '../parts/filters.js';
import { Moment } from '../parts/moment.js';
import { PageHead } from '../parts/page-head.js';
import { type Column, ListPanel } from '../parts/table.js';
import { Clip } from '../parts/words.js';
import { place } from '../place.js';
import { TimerActs } from './timer-acts.js';
import { NAME_OF_TIMER, TENANT_OF_TIMER } from './timer-columns.js';
import { TimerDetail } from './timer-detail.js';

const STATUSES = ['scheduled', 'firing', 'fired', 'cancelled', 'failed'] as const;

/** The first timer that somebody may make. */
export const FIRST_TIMER = {
  tenantId: 'me',
  requestedBy: 'me',
  name: 'my first timer',
  duration: '5m',
  actionBundle: { actions: [{ type: 'log', data: { text: 'it is time' } }] },
};

/** When it is due, or what became of it. */
function whenOf({ status, fireAt, firedAt, cancelledAt }: Timer): string {
  if (status === 'cancelled') return cancelledAt ?? fireAt;
  return status === 'scheduled' ? fireAt : (firedAt ?? fireAt);
}

const columnsOf = (onDone: () => void): readonly Column<Timer>[] => [
  NAME_OF_TIMER,
  { title: 'Status', cell: ({ status }) => <Badge status={status} /> },
  { title: 'When', cell: (timer) => <Moment at={whenOf(timer)} /> },
  TENANT_OF_TIMER,
  { title: 'Asked for by', cell: ({ requestedBy }) => <Clip text={requestedBy} /> },
  {
    title: 'Change',
    isTitleUnseen: true,
    align: 'end',
    cell: (timer) => <TimerActs timer={timer} size="small" onDone={onDone} />,
  },
];

function useTimers(): LiveList<Timer> {
  const { query } = place.value;
  const status = chosenOf(STATUSES, 'status');
  const name = query.get('name');
  const tenantId = query.get('tenantId');
  const filter = { ...(status && { status }), ...(name && { name }), ...(tenantId && { tenantId }) };
  return useLiveList(`timers ${query}`, ['timer.'], (client, limit, signal) =>
    client.timers.list({ ...filter, limit }, { signal }),
  );
}

function TimerList() {
  const live = useTimers();
  const isFiltered = place.value.query.size > 0;
  return (
    <>
      <PageHead title="Timers" />
      <div class="filters">
        <Tabs name="status" label="Status" choices={choicesOf(STATUSES)} />
        <TextFilter name="name" label="Name" hint="exactly" />
        <TextFilter name="tenantId" label="Tenant" hint="exactly" />
      </div>
      <ListPanel
        label="Timers"
        caption="Timers, the newest first"
        live={live}
        columns={columnsOf(live.reload)}
        keyOf={({ id }) => id}
        empty={
          isFiltered ? (
            <Empty title="No timer is like that.">Take a filter away to see more.</Empty>
          ) : (
            <Empty title="No timers yet" example={requestOf('/timers', FIRST_TIMER)}>
              A timer calls when it is due, whatever happens to this server meanwhile. This makes one:
            </Empty>
          )
        }
      />
    </>
  );
}

/** All timers, or one of them. */
export function Timers() {
  const { part } = place.value;
  return part === undefined ? <TimerList /> : <TimerDetail id={part} />;
}
