import type { Random } from '../chaos/random.js';
import { BODIES, POISONOUS_NAMES, RAW_JSON, TEXTS, TIMES, URLS } from './hostile.js';
import { freeValue } from './values.js';

/** Where something stands in a value: its container and its key there. */
interface Place {
  container: Record<string, unknown> | unknown[];
  key: string | number;
}

/** Stands for JSON that no value stringifies to, until the text is made. */
const MARK = '\u0001raw';
/** Above the limit of every body but a batch's; more only costs time. */
const MOST_BYTES = 1_500_000;
const NUMBERS = [0, -0, -1, 1.5, 1e21, 1e308, 5e-324, 2 ** 31, 2 ** 53, -(2 ** 63), 0.1 + 0.2];

/** Own fields whatever their name: an assignment to `__proto__` would not make one. */
function define(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}

function placesOf(root: unknown): Place[] {
  const places: Place[] = [];
  const visit = (container: unknown): void => {
    if (typeof container !== 'object' || container === null) return;
    const keys = Array.isArray(container) ? container.keys() : Object.keys(container);
    for (const key of keys) {
      const place = { container, key } as Place;
      places.push(place);
      visit(read(place));
    }
  };
  visit(root);
  return places;
}

const read = ({ container, key }: Place): unknown => Reflect.get(container, key);

const TIME_FIELD = /^(?:duration|every|.*(?:At|since|until))$/i;
const URL_FIELD = /url$/i;

function badValue(random: Random, name: string | number = ''): unknown {
  if (TIME_FIELD.test(String(name)) && random.next() < 0.5) return random.pick(TIMES);
  if (URL_FIELD.test(String(name)) && random.next() < 0.5) return random.pick(URLS);
  const kind = random.between(0, 9);
  if (kind <= 2) return random.pick(TEXTS);
  if (kind === 3) return random.pick(TIMES);
  if (kind === 4) return random.pick(URLS);
  if (kind <= 6) return MARK + random.between(0, RAW_JSON.length - 1);
  if (kind === 7) return random.pick(NUMBERS);
  return random.pick([null, true, false, [], {}, [[]], freeValue(random, 6)]);
}

type Change = (place: Place, random: Random) => void;

const replace: Change = (place, random) =>
  define(place.container, String(place.key), badValue(random, place.key));
const remove: Change = ({ container, key }) => {
  if (Array.isArray(container)) container.splice(Number(key), 1);
  else Reflect.deleteProperty(container, key);
};
const addField: Change = ({ container }, random) => {
  if (Array.isArray(container)) container.push(badValue(random));
  else define(container, random.pick(['unknown', 'Type', 'id', 'org_id', ...TEXTS]), badValue(random));
};
const poison: Change = ({ container }, random) =>
  define(container, random.pick(POISONOUS_NAMES), { isAdmin: true, status: 'fired' });
const wrap: Change = (place, random) => {
  const value = read(place);
  define(place.container, String(place.key), random.pick([[value], { value }, [[[value]]]]));
};
const rename: Change = (place, random) => {
  if (Array.isArray(place.container)) return replace(place, random);
  const value = read(place);
  remove(place, random);
  define(place.container, random.pick([String(place.key).toUpperCase(), `${place.key} `, ...TEXTS]), value);
};
const multiply: Change = (place, random) => {
  const value = read(place);
  const most = Math.ceil(MOST_BYTES / (JSON.stringify(value)?.length ?? 1));
  const times = Math.min(random.pick([2, 21, 51, 1_001]), most);
  define(
    place.container,
    String(place.key),
    Array.from({ length: times }, () => value),
  );
};

const CHANGES = [replace, replace, replace, replace, remove, addField, poison, wrap, rename, multiply];

type TextChange = (text: string, random: Random) => string | Buffer;

const insertBytes = (text: string, at: number, bytes: Buffer) => {
  const all = Buffer.from(text);
  return Buffer.concat([all.subarray(0, at), bytes, all.subarray(at)]);
};

const TEXT_CHANGES: TextChange[] = [
  (text, random) => text.slice(0, random.between(0, text.length)),
  (text, random) => text.slice(random.between(0, text.length)),
  (text, random) => insertBytes(text, random.between(0, text.length), Buffer.from([random.between(0, 255)])),
  (text, random) =>
    insertBytes(
      text,
      random.between(0, text.length),
      random.pick([Buffer.from([0]), Buffer.from('ÿ', 'latin1')]),
    ),
  (text) => `\ufeff${text}`,
  (text) => text + text,
  (text) => Buffer.from(text, 'utf16le'),
  (text) => text.replaceAll('"', "'"),
  (text) => text.replace('{', '{"name":"again","name":"and again",'),
  (text) => `${' '.repeat(100_000)}${text}`,
  (text) => `[${text}]`,
  (text) => `${text}${' '.repeat(1_100_000)}`,
];

function asText(value: unknown): string {
  const text = JSON.stringify(value) ?? '';
  return text.replace(/"\\u0001raw(\d+)"/g, (_, index) => RAW_JSON[Number(index)] ?? 'null');
}

/** A body that is wrong in one to three ways, or as a whole. */
export function mutated(valid: unknown, random: Random): string | Buffer {
  if (random.next() < 0.06) return random.pick(BODIES);
  // A copy, because values are shared.
  const body = { root: structuredClone(valid) };
  for (let count = random.between(1, 3); count > 0; count--) {
    const places = placesOf(body);
    const change = random.pick(CHANGES);
    change(random.pick(places.length > 0 ? places : [{ container: body, key: 'root' }]), random);
    // What is multiplied is shared: a further change of it would count a thousand times.
    if (change === multiply) break;
  }
  const text = asText(body.root);
  return random.next() < 0.2 ? random.pick(TEXT_CHANGES)(text, random) : text;
}
