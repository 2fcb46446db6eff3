import type { Timer } from '../../client/index.js';
import { now } from '../clock.js';
import { useLive } from '../live.js';
import { withRecent } from '../news.js';
import { Empty, requestOf } from '../parts/code.js';
import { Icon } from '../parts/icon.js';
import { Moment } from '../parts/moment.js';
import { PageHead } from '../parts/page-head.js';
import { type Column, Table } from '../parts/table.js';
import { Failure, Panel } from '../parts/words.js';
import { hrefOf } from '../place.js';
import { isLimited } from '../session.js';
import { type Concern, concernsOf } from './attention.js';
import { EventType, Subject } from './event-row.js';
import { type OverviewData, readOverview, SHOWN } from './overview-data.js';
import { Figures } from './overview-figures.js';
import { FEW_CHARTS, StatisticsCharts } from './statistics-charts.js';
import { NAME_OF_TIMER, TENANT_OF_TIMER } from './timer-columns.js';
import { FIRST_TIMER } from './timers.js';

/** What somebody may be needed for. */
const PRESSING = [
  'delivery.dead',
  'task.awaiting_approval',
  'task.approval_decided',
  'agent.connected',
  'agent.disconnected',
];

function Concerns({ concerns }: { concerns: readonly Concern[] }) {
  if (concerns.length === 0) {
    return (
      <p class="well">
        <Icon name="check" /> Nothing needs you now.
      </p>
    );
  }
  return (
    <ul class="concerns">
      {concerns.map(({ tone, text, href }) => (
        <li key={text} data-tone={tone}>
          <Icon name="warn" />
          <span>{text}</span>
          <a href={href}>
            Look<span class="unseen">: {text}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}

const SOON_COLUMNS: readonly Column<Timer>[] = [
  NAME_OF_TIMER,
  TENANT_OF_TIMER,
  { title: 'Due', align: 'end', cell: ({ fireAt }) => <Moment at={fireAt} /> },
];

function Soon({ data }: { data: OverviewData | undefined }) {
  // What was due since the last look fires just now: the events tell of it.
  const soon = data?.soon.filter(({ fireAt }) => Date.parse(fireAt) > now.value);
  return (
    <Panel title="Due next" aside={<a href={hrefOf('timers')}>All timers</a>} isBare>
      {soon?.length === 0 ? (
        <p class="panel-body muted">No timer is due within the hour.</p>
      ) : (
        <Table
          caption="The timers that are due next"
          columns={SOON_COLUMNS}
          keyOf={({ id }) => id}
          rows={soon?.slice(0, SHOWN)}
        />
      )}
    </Panel>
  );
}

function Latest({ data }: { data: OverviewData | undefined }) {
  const events = withRecent(data?.events ?? []).slice(0, SHOWN);
  return (
    <Panel title="As it happens" aside={<a href={hrefOf('events')}>All events</a>} isBare>
      {data === undefined && events.length === 0 ? (
        <div class="panel-body" aria-busy="true">
          <span class="skeleton" />
        </div>
      ) : events.length === 0 ? (
        <p class="panel-body muted">
          {isLimited.value
            ? 'Events are of the whole organisation, and this key is limited to some tenants.'
            : 'Nothing yet. What happens appears here.'}
        </p>
      ) : (
        <ul class="latest">
          {events.map((event) => (
            <li key={event.id}>
              <EventType type={event.type} />
              <Subject event={event} />
              <Moment at={event.at} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** Agents that came along are there from the first start on. */
const isFresh = ({ statistics, soon, agents }: OverviewData) =>
  soon.length === 0 && agents?.every(({ isHosted }) => isHosted) && statistics?.totals.timersFired === 0;

/** How everything stands, and what needs somebody. */
export function Overview() {
  const { data, error, reload } = useLive('overview', PRESSING, readOverview);
  return (
    <>
      <PageHead title="Overview" />
      {error === undefined ? null : <Failure text={error} retry={reload} />}
      {data && isFresh(data) ? (
        <Panel title="Begin here">
          <Empty title="Nothing is here yet" example={requestOf('/timers', FIRST_TIMER)}>
            A first timer, due in five minutes. Paste this into a shell and look at it on the page Timers.
          </Empty>
        </Panel>
      ) : null}
      {data ? <Concerns concerns={concernsOf(data)} /> : null}
      {data === undefined && error !== undefined ? null : (
        <>
          <Figures data={data} />
          <div class="columns">
            <Soon data={data} />
            <Latest data={data} />
          </div>
        </>
      )}
      {data?.statistics ? (
        <section class="day" aria-labelledby="day">
          <h2 id="day">The last 24 hours</h2>
          <StatisticsCharts statistics={data.statistics} charts={FEW_CHARTS} />
        </section>
      ) : null}
    </>
  );
}
