import uPlot from 'uplot';
import { day, hour } from '../dates.js';

/** One row of values over time, as it is drawn. */
export interface Line {
  label: string;
  values: readonly (number | null)[];
  tone: 'accent' | 'good' | 'bad' | 'warn' | 'muted';
  kind: 'bars' | 'line';
}

export interface Plotted {
  /** The beginning of each part, in ms since 1970. */
  times: readonly number[];
  /** How long a part is. */
  partMs: number;
  lines: readonly Line[];
  format: (value: number) => string;
  /** Counts and milliseconds: the steps of the axis are whole. */
  isWhole: boolean;
}

const HEIGHT = 168;
const AXIS_WIDTH = 58;
const SECOND_MS = 1_000;

const colour = (name: string) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function seriesOf({ label, tone, kind }: Line): uPlot.Series {
  const stroke = colour(tone);
  const bars = uPlot.paths.bars?.({ size: [0.78, 28], align: 1, radius: 0.15 });
  return kind === 'bars' && bars
    ? { label, stroke, fill: stroke, width: 0, paths: bars, points: { show: false } }
    : {
        label,
        stroke,
        width: 1.75,
        spanGaps: false,
        points: { show: true, size: 5, width: 0, fill: stroke },
      };
}

const DAY_SECONDS = 86_400;

/** Hours within two days, days beyond: on one line. */
function moments(self: uPlot, splits: number[]): string[] {
  const { min = 0, max = 0 } = self.scales.x ?? {};
  const inWords = (max ?? 0) - (min ?? 0) > 2 * DAY_SECONDS ? day : hour;
  return splits.map((split) => inWords(split * SECOND_MS));
}

/** There is no half of a timer. */
const WHOLE_STEPS = Array.from({ length: 10 }, (_, power) =>
  [1, 2, 5].map((step) => step * 10 ** power),
).flat();

function axes({ format, isWhole }: Plotted): uPlot.Axis[] {
  const font = `11px ${getComputedStyle(document.documentElement).fontFamily}`;
  const shared = { stroke: colour('muted'), font, ticks: { show: false } };
  return [
    { ...shared, grid: { show: false }, space: 64, size: 26, values: moments },
    {
      ...shared,
      size: AXIS_WIDTH,
      space: 34,
      grid: { stroke: colour('line'), width: 1 },
      values: (_, splits) => splits.map(format),
      ...(isWhole && { incrs: WHOLE_STEPS }),
    },
  ];
}

export const dataOf = ({ times, lines }: Plotted): uPlot.AlignedData => [
  times.map((time) => time / SECOND_MS),
  ...lines.map(({ values }) => [...values]),
];

/** Draws on a canvas in `place`; `onHover` hears which part the pointer is at, or null. */
export function plot(place: HTMLElement, what: Plotted, onHover: (index: number | null) => void): uPlot {
  const { lines } = what;
  const latest: { current: Plotted } = { current: what };
  const width = Math.max(200, place.clientWidth);
  const options: uPlot.Options = {
    width,
    height: HEIGHT,
    padding: [8, 16, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
    scales: {
      x: {
        range: (self) => {
          const x = self.data[0];
          return [x[0] ?? 0, (x.at(-1) ?? 1) + latest.current.partMs / SECOND_MS];
        },
      },
      y: { range: (_, __, most) => [0, most > 0 ? most * 1.12 : 1] },
    },
    axes: axes(what),
    series: [{}, ...lines.map(seriesOf)],
    hooks: { setCursor: [({ cursor: { idx } }) => onHover(idx ?? null)] },
  };
  return new uPlot(options, dataOf(what), place);
}

export const resize = (drawn: uPlot, width: number) =>
  drawn.setSize({ width: Math.max(200, width), height: HEIGHT });
