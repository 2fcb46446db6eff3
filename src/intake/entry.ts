import { z } from 'zod';
import { checkJson, JsonFault } from '../domain/json-guard.js';
import { type FieldError, fieldErrors } from '../schemas/field-errors.js';
import { TaskRequest } from '../schemas/task.js';
import { TaskDelivery } from '../schemas/task-delivery.js';

/** An entry of a stream, as it was read. */
export interface Entry {
  /** That the stream gave it: `1700000000000-0`. */
  id: string;
  fields: Readonly<Record<string, string>>;
}

/** What is told of an entry that does not become a task. */
export interface Refusal {
  taskId: string;
  agentName: string | null;
  metadata: Record<string, unknown>;
  error: string;
}

export type ReadEntry =
  | { kind: 'request'; request: TaskRequest & { task_id: string } }
  | { kind: 'refused'; refusal: Refusal };

/** As much as a request over HTTP may have. */
const LIMIT_BYTES = 1_048_576;
const LONGEST_TOLD_ID = 200;
/** Fields of a task that a flat entry gives as JSON, and as numbers. */
const JSON_FIELDS = new Set(['input', 'metadata', 'delivery']);
const NUMBERS = new Set(['priority', 'timeout_seconds']);

type Values = Record<string, unknown>;
const isObject = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A mistake in an entry, in words for whoever added it. */
class EntryFault extends Error {}

/** Reads JSON; what the parser says of it may quote it, and is not told. */
function parseJson(field: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new EntryFault(`${field}: is not valid JSON`);
  }
}

/** A field that stands by itself: text, unless the task has something else there. Empty text is as if left out. */
function flatValue(name: string, text: string): unknown {
  if (text === '') return undefined;
  if (JSON_FIELDS.has(name)) return parseJson(name, text);
  return NUMBERS.has(name) && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** The task as it was given: in `payload`, or field by field; what `payload` says goes before. */
function valuesOf({ payload, ...flat }: Entry['fields']): Values {
  const given = payload === undefined ? {} : parseJson('payload', payload);
  if (!isObject(given)) throw new EntryFault('payload: must be a JSON object');
  const values = Object.keys(TaskRequest.shape).flatMap((name): [string, unknown][] => {
    const own = Object.hasOwn(given, name) ? given[name] : undefined;
    const text = flat[name];
    const value = own ?? (text === undefined ? undefined : flatValue(name, text));
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(values);
}

const SHAPES = TaskDelivery.options.map(({ shape }) => shape);

/** A delivery without fields of other channels: those who serialise it send them all. */
function ownFields(delivery: unknown): unknown {
  if (!isObject(delivery)) return delivery;
  const shape = SHAPES.find(({ channel }) => channel.value === delivery.channel);
  return shape === undefined
    ? delivery
    : Object.fromEntries(Object.entries(delivery).filter(([name]) => Object.hasOwn(shape, name)));
}

const ownFieldsOfAll = (given: unknown) => (Array.isArray(given) ? given.map(ownFields) : ownFields(given));

const inWords = (errors: readonly FieldError[]): string =>
  errors.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');

/** The id of a task whose entry names none: whoever added the entry was told the entry's id. */
const idOf = (stream: string, { id }: Entry): string =>
  `${stream.replaceAll(/[^A-Za-z0-9._:-]/g, '_').slice(0, 90)}:${id}`;

type Addressee = Omit<Refusal, 'error'>;

/** Whose refusal it is, as far as what was given can be read. */
const addressed = ({ agent_name: agentName, metadata }: Values, taskId: string): Addressee => ({
  taskId: taskId.slice(0, LONGEST_TOLD_ID),
  agentName: typeof agentName === 'string' ? agentName.slice(0, LONGEST_TOLD_ID) : null,
  metadata: TaskRequest.shape.metadata.safeParse(metadata).data ?? {},
});

/** Whose refusal it is, by what stands beside the payload. */
export const addresseeOf = (entry: Entry, stream: string): Addressee =>
  addressed({ agent_name: entry.fields.agent_name }, entry.fields.task_id || idOf(stream, entry));

function wordsOf(error: unknown): string {
  if (error instanceof EntryFault) return error.message;
  if (error instanceof JsonFault) return inWords([error]);
  if (error instanceof z.ZodError) return inWords(fieldErrors(error));
  throw error;
}

/** The request that an entry makes, or why it makes none. Fields that a task does not have are not looked at. */
export function readEntry(entry: Entry, stream: string): ReadEntry {
  const madeUp = idOf(stream, entry);
  const { task_id: flatId = '', agent_name: flatName } = entry.fields;
  let taskId = flatId || madeUp;
  /** What passed the checks that no schema makes. */
  let sound: Values = { agent_name: flatName };
  try {
    const bytes = Object.values(entry.fields).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    if (bytes > LIMIT_BYTES) throw new EntryFault('the entry is larger than 1 MB');
    const values = valuesOf(entry.fields);
    if (flatId === '' && typeof values.task_id === 'string') taskId = values.task_id;
    const whole = {
      ...values,
      task_id: flatId || (values.task_id ?? madeUp),
      delivery: ownFieldsOfAll(values.delivery),
    };
    checkJson(null, whole, { limitBytes: LIMIT_BYTES, nullRemoves: false });
    sound = whole;
    return { kind: 'request', request: { ...TaskRequest.parse(whole), task_id: taskId } };
  } catch (error) {
    return { kind: 'refused', refusal: { ...addressed(sound, taskId), error: wordsOf(error) } };
  }
}
