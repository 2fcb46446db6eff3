/** Drawn on 16 × 16 with the colour of the text around. */
const PATHS = {
  overview: 'M2 9h5V2H2zM9 14h5V7H9zM2 14h5v-3H2zM9 5h5V2H9z',
  timers: 'M8 4.5V8l2.5 1.5M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13z',
  agents:
    'M4 6.5h8v6.5H4zM8 6.5V3.5M8 3.5a1 1 0 1 0 0-2 1 1 0 0 0 0 2zM6.4 9.2v1.2M9.6 9.2v1.2M1.7 9v2M14.3 9v2',
  tasks: 'M6 4h8M6 8h8M6 12h8M1.8 4l.9.9L4.2 3M1.8 8l.9.9L4.2 7M1.8 12l.9.9 1.5-1.9',
  deliveries: 'M1.5 8 14.5 2 10 14.5 7.5 9zM7.5 9l7-7',
  schedules: 'M2 3.5h12v11H2zM2 6.5h12M5 1.5v3M11 1.5v3M5 9.5h2M9 9.5h2M5 12h2',
  messages: 'M1.5 3h13v10h-13zM1.5 3.5 8 9l6.5-5.5',
  events: 'M1.5 8h3l2-5.5 3 11 2-5.5h3',
  charts: 'M2 2v12h12M5 11V8M8.5 11V4.5M12 11V6.5',
  menu: 'M2 4h12M2 8h12M2 12h12',
  close: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  away: 'M6.5 3.5h-4v10h10v-4M9.5 2.5h4v4M13.5 2.5 7.5 8.5',
  check: 'M3 8.5 6.5 12 13 4.5',
  cross: 'M4 4l8 8M12 4l-8 8',
  dot: 'M8 8m-3 0a3 3 0 1 0 6 0 3 3 0 1 0-6 0',
  ring: 'M8 13a5 5 0 1 0 0-10 5 5 0 0 0 0 10z',
  dash: 'M3 8h10',
  bolt: 'M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z',
  warn: 'M8 2 14.5 13.5h-13zM8 6.5v3.2M8 11.6v.4',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  hand: 'M8 2v6.5M8 12.5v.5',
} as const;
export type IconName = keyof typeof PATHS;

/** A small drawing beside words: it says nothing by itself. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path
        d={PATHS[name]}
        fill={name === 'dot' ? 'currentColor' : 'none'}
        stroke="currentColor"
        stroke-width="1.5"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}
