import type { Statistics } from '../../client/index.js';
import { brief, count, took, usd } from '../amounts.js';
import { Chart } from '../parts/chart.js';
import type { Line } from '../parts/plot.js';

type Counts = Statistics['totals'];

interface Row {
  label: string;
  tone: Line['tone'];
  value: (counts: Counts) => number | null;
}

interface ChartOf {
  title: string;
  kind: Line['kind'];
  format: (value: number) => string;
  /** There may be parts of one, as of dollars. */
  isFine?: boolean;
  total?: (value: number | null) => string;
  rows: readonly Row[];
}

const LATENESS: ChartOf = {
  title: 'Lateness of timers',
  kind: 'line',
  format: took,
  total: took,
  rows: [
    { label: 'p50', tone: 'accent', value: ({ latenessMs }) => latenessMs.p50 },
    { label: 'p99', tone: 'warn', value: ({ latenessMs }) => latenessMs.p99 },
  ],
};
const TIMERS: ChartOf = {
  title: 'Timers',
  kind: 'bars',
  format: brief,
  rows: [
    { label: 'fired', tone: 'accent', value: ({ timersFired }) => timersFired },
    { label: 'of them failed', tone: 'bad', value: ({ timersFailed }) => timersFailed },
  ],
};
const DELIVERIES: ChartOf = {
  title: 'Deliveries',
  kind: 'bars',
  format: brief,
  rows: [
    { label: 'delivered', tone: 'accent', value: ({ deliveriesDelivered }) => deliveriesDelivered },
    { label: 'dead', tone: 'bad', value: ({ deliveriesDead }) => deliveriesDead },
  ],
};
const TASKS: ChartOf = {
  title: 'Tasks',
  kind: 'bars',
  format: brief,
  rows: [
    { label: 'completed', tone: 'accent', value: ({ tasksCompleted }) => tasksCompleted },
    { label: 'failed', tone: 'bad', value: ({ tasksFailed }) => tasksFailed },
  ],
};
const MESSAGES: ChartOf = {
  title: 'Messages',
  kind: 'bars',
  format: brief,
  rows: [
    { label: 'processed', tone: 'accent', value: ({ messagesProcessed }) => messagesProcessed },
    { label: 'dead', tone: 'bad', value: ({ messagesDead }) => messagesDead },
  ],
};
const TOKENS: ChartOf = {
  title: 'Tokens',
  kind: 'bars',
  format: brief,
  rows: [{ label: 'tokens', tone: 'accent', value: ({ tokens }) => tokens }],
};
const COST: ChartOf = {
  title: 'Cost of models',
  kind: 'bars',
  format: usd,
  isFine: true,
  total: usd,
  rows: [{ label: 'US dollars', tone: 'good', value: ({ costUsd }) => costUsd }],
};

/** What the page of charts shows, in its order. */
export const ALL_CHARTS = [LATENESS, TIMERS, DELIVERIES, TASKS, MESSAGES, TOKENS, COST];
/** What the overview shows. */
export const FEW_CHARTS = [TIMERS, LATENESS, TASKS];

const inTotal = (value: number | null) => (value === null ? '–' : count(value));

/** Charts of a period, side by side where there is room. */
export function StatisticsCharts({
  statistics,
  charts,
}: {
  statistics: Statistics;
  charts: readonly ChartOf[];
}) {
  const { buckets, totals, bucketMs } = statistics;
  const times = buckets.map(({ from }) => Date.parse(from));
  return (
    <div class="charts" data-many={charts.length > 3}>
      {charts.map(({ title, kind, format, isFine = false, total = inTotal, rows }) => (
        <Chart
          key={title}
          title={title}
          times={times}
          partMs={bucketMs}
          format={format}
          isWhole={!isFine}
          totals={rows.map(({ value }) => total(value(totals)))}
          lines={rows.map(({ label, tone, value }) => ({ label, tone, kind, values: buckets.map(value) }))}
        />
      ))}
    </div>
  );
}
