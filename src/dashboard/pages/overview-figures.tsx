import { count, took, usd } from '../amounts.js';
import { hrefOf } from '../place.js';
import { LOOKED_AT, type OverviewData } from './overview-data.js';

interface Figure {
  title: string;
  href: string;
  value: string;
  about: string;
}

/** “200+” where not all were looked at. */
const counted = (items: readonly unknown[]) => `${items.length}${items.length === LOOKED_AT ? '+' : ''}`;

const inADay = (p99: number | null) => (p99 === null ? 'in 24 hours' : `in 24 hours, p99 ${took(p99)} late`);

/** What a key sees that is limited to tenants. */
function limitedFigures({ timers, dead }: OverviewData): (Figure | undefined)[] {
  return [
    timers && {
      title: 'Timers fired',
      href: hrefOf('timers', undefined, { status: 'fired' }),
      value: count(timers.completed_timers),
      about: inADay(timers.lateness_ms.p99),
    },
    timers && {
      title: 'Timers failed',
      href: hrefOf('timers', undefined, { status: 'failed' }),
      value: count(timers.failed_timers),
      about: 'in 24 hours',
    },
    timers && {
      title: 'Deliveries dead',
      href: hrefOf('deliveries', undefined, { status: 'dead' }),
      value: counted(dead),
      about: 'in 24 hours',
    },
  ];
}

function figuresOf(data: OverviewData): (Figure | undefined)[] {
  const { status, statistics, agents, soon } = data;
  const totals = statistics?.totals;
  const online = agents?.filter(({ connection }) => connection !== 'offline') ?? [];
  return [
    { title: 'Timers due', href: hrefOf('timers'), value: counted(soon), about: 'within the hour' },
    totals && {
      title: 'Timers fired',
      href: hrefOf('charts'),
      value: count(totals.timersFired),
      about: inADay(totals.latenessMs.p99),
    },
    totals && {
      title: 'Deliveries',
      href: hrefOf('deliveries'),
      value: count(totals.deliveriesDelivered),
      about: `in 24 hours, ${count(totals.deliveriesDead)} dead`,
    },
    agents && {
      title: 'Agents online',
      href: hrefOf('agents'),
      value: `${online.length} / ${counted(agents)}`,
      about: `${agents.filter(({ connection }) => connection === 'busy').length} busy`,
    },
    status && {
      title: 'Tasks',
      href: hrefOf('tasks'),
      value: count(status.active_workers),
      about: `running, ${count(status.queue_size)} queued, ${count(status.available_slots)} slots free`,
    },
    totals && {
      title: 'Models',
      href: hrefOf('charts'),
      value: usd(totals.costUsd),
      about: `${count(totals.tokens)} tokens in 24 hours`,
    },
    ...limitedFigures(data),
  ];
}

/** How much there is of everything, each a way to its page. */
export function Figures({ data }: { data: OverviewData | undefined }) {
  if (!data) return <div class="figures-row" aria-busy="true" />;
  return (
    <ul class="figures-row">
      {figuresOf(data).map((figure) =>
        figure === undefined ? null : (
          <li key={figure.title} class="panel">
            <a href={figure.href}>{figure.title}</a>
            <strong>{figure.value}</strong>
            <small class="muted">{figure.about}</small>
          </li>
        ),
      )}
    </ul>
  );
}
