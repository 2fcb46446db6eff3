import { useEffect, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import { exactly } from '../dates.js';
import { dataOf, type Plotted, plot, resize } from './plot.js';
import { Table } from './table.js';

interface ChartProps extends Plotted {
  title: string;
  /** What the lines come to over all of the time, in their order; shown while nothing is pointed at. */
  totals: readonly string[];
}

/** Keeps a plot in an element: drawn anew in another colour scheme, resized with its place, given new data. */
function usePlot(props: ChartProps, onHover: (index: number | null) => void) {
  const place = useRef<HTMLDivElement>(null);
  const drawn = useRef<uPlot | null>(null);
  const shape = props.lines.map(({ label }) => label).join();
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const draw = () => {
      drawn.current?.destroy();
      drawn.current = plot(element, props, onHover);
    };
    const isDark = window.matchMedia('(prefers-color-scheme: dark)');
    const watcher = new ResizeObserver(() => {
      if (drawn.current) resize(drawn.current, element.clientWidth);
    });
    draw();
    watcher.observe(element);
    isDark.addEventListener('change', draw);
    return () => {
      watcher.disconnect();
      isDark.removeEventListener('change', draw);
      drawn.current?.destroy();
      drawn.current = null;
    };
  }, [shape, props.partMs]);
  useEffect(() => drawn.current?.setData(dataOf(props)), [props.times, props.lines]);
  return place;
}

/** The same figures to read, for those who do not see the drawing: the parts in which there is something. */
function Figures({ title, times, lines, format }: ChartProps) {
  const rows = times
    .map((time, index) => ({ time, values: lines.map(({ values }) => values[index] ?? null) }))
    .filter(({ values }) => values.some((value) => value !== null && value !== 0));
  const columns = lines.map(({ label }, index) => ({
    title: label,
    align: 'end' as const,
    cell: ({ values }: (typeof rows)[number]) => {
      const value = values[index] ?? null;
      return value === null ? '–' : format(value);
    },
  }));
  return (
    <details class="as-table">
      <summary>
        As a table<span class="unseen">: {title}</span>
      </summary>
      {rows.length === 0 ? (
        <p class="muted">Nothing happened in this time.</p>
      ) : (
        <Table
          caption={`${title}, by time`}
          columns={[{ title: 'From', isMain: true, cell: ({ time }) => exactly(time) }, ...columns]}
          keyOf={({ time }) => String(time)}
          rows={rows}
        />
      )}
    </details>
  );
}

/** Lines or bars over time, with what they come to, and a table of the same. */
export function Chart(props: ChartProps) {
  const { title, times, lines, totals, format } = props;
  const [at, setAt] = useState<number | null>(null);
  const place = usePlot(props, setAt);
  const time = at === null ? undefined : times[at];
  return (
    <section class="panel chart" aria-label={title}>
      <header>
        <h2>{title}</h2>
        <small class="muted">{time === undefined ? '' : `from ${exactly(time)}`}</small>
      </header>
      <ul class="legend">
        {lines.map(({ label, tone, values }, index) => {
          const value = at === null ? null : (values[at] ?? null);
          return (
            <li key={label} data-tone={tone}>
              {label}{' '}
              <strong>{time === undefined ? totals[index] : value === null ? '–' : format(value)}</strong>
            </li>
          );
        })}
      </ul>
      <div ref={place} class="plot" aria-hidden="true" />
      <Figures {...props} />
    </section>
  );
}
