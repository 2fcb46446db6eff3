import type { Event } from '../../client/index.js';
import { Json } from '../parts/code.js';
import { Moment } from '../parts/moment.js';
import type { Column } from '../parts/table.js';
import { Clip, None } from '../parts/words.js';
import { hrefOf } from '../place.js';

const PAGE_OF: Record<string, string> = {
  timer: 'timers',
  delivery: 'deliveries',
  agent: 'agents',
  task: 'tasks',
  message: 'messages',
};

/** The family of an event: `timer` of `timer.fired`. */
export const familyOf = (type: string) => type.split('.')[0] ?? type;

const TONES: readonly (readonly [RegExp, string])[] = [
  [/\.(failed|dead|timed_out|unreachable|endpoint_disabled|health_check_failed)$/, 'bad'],
  [/\.(awaiting_approval|disconnected)$/, 'warn'],
  [/\.(fired|delivered|completed|processed|connected)$/, 'good'],
];
const toneOf = (type: string) => TONES.find(([pattern]) => pattern.test(type))?.[1] ?? 'plain';

export function EventType({ type }: { type: string }) {
  const [family, ...rest] = type.split('.');
  return (
    <span class="event-type" data-tone={toneOf(type)}>
      <span>{family}</span> {rest.join('.').replaceAll('_', ' ')}
    </span>
  );
}

/** What people know the subject by: its own name, who a delivery is for, whose task it is, the type of a message. */
const NAMES = ['name', 'receiver', 'agentName', 'type'];
const nameOf = (data: Event['data']) =>
  NAMES.map((key) => data[key]).find((name) => typeof name === 'string');

/** The way to what an event tells of. */
export function Subject({ event }: { event: Event }) {
  const page = PAGE_OF[familyOf(event.type)];
  const text = nameOf(event.data) ?? event.subject;
  if (page === undefined) return <Clip text={text} isMono={text === event.subject} />;
  return (
    <a href={hrefOf(page, event.subject)}>
      <Clip text={text} isMono={text === event.subject} />
    </a>
  );
}

const inShort = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value));

function Data({ data }: { data: Event['data'] }) {
  const entries = Object.entries(data)
    .filter(([, value]) => value !== null && value !== nameOf(data))
    .sort(([one], [other]) => Number(one.endsWith('Id')) - Number(other.endsWith('Id')));
  if (entries.length === 0) return <None />;
  return (
    <details class="event-data">
      <summary>{entries.map(([name, value]) => `${name} ${inShort(value)}`).join(' · ')}</summary>
      <Json name="the data of the event" value={data} />
    </details>
  );
}

const EVENT: Column<Event> = { title: 'Event', isMain: true, cell: ({ type }) => <EventType type={type} /> };
const SUBJECT: Column<Event> = { title: 'Of', isWide: true, cell: (event) => <Subject event={event} /> };
const DATA: Column<Event> = { title: 'Data', cell: ({ data }) => <Data data={data} /> };
const WHEN: Column<Event> = { title: 'When', align: 'end', cell: ({ at }) => <Moment at={at} /> };

export const EVENT_COLUMNS = [EVENT, SUBJECT, DATA, WHEN];
/** Where all are of one thing. */
export const EVENT_COLUMNS_OF_ONE = [EVENT, DATA, WHEN];
