import { useLive } from '../live.js';
import { chosenOf, Tabs } from '../parts/filters.js';
import { PageHead } from '../parts/page-head.js';
import { Failure } from '../parts/words.js';
import { ALL_CHARTS, StatisticsCharts } from './statistics-charts.js';

const PERIODS = ['1h', '24h', '7d', '30d'] as const;
type Period = (typeof PERIODS)[number];
const FIRST: Period = '24h';

const CHOICES: readonly (readonly [Period, string])[] = [
  ['1h', '1 hour'],
  ['24h', '24 hours'],
  ['7d', '7 days'],
  ['30d', '30 days'],
];

/** What happened over an hour, a day, a week, a month. */
export function Charts() {
  const period = chosenOf(PERIODS, 'period') ?? FIRST;
  const { data, error, reload } = useLive(`charts ${period}`, [], (client, signal) =>
    client.statistics({ period }, { signal }),
  );
  return (
    <>
      <PageHead
        title="Charts"
        actions={<Tabs name="period" label="Period" choices={CHOICES} initial={FIRST} />}
      />
      {error === undefined ? null : <Failure text={error} retry={reload} />}
      {data ? (
        <StatisticsCharts statistics={data} charts={ALL_CHARTS} />
      ) : error === undefined ? (
        <ChartSkeletons />
      ) : null}
    </>
  );
}

function ChartSkeletons() {
  return (
    <div class="charts" data-many="true" aria-busy="true">
      {ALL_CHARTS.map(({ title }) => (
        <div key={title} class="panel chart-skeleton">
          <span class="skeleton" />
        </div>
      ))}
    </div>
  );
}
