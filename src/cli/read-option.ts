import { readFileSync } from 'node:fs';
import { InvalidArgumentError, Option } from 'commander';
import { Duration } from '../schemas/duration.js';

const STDIN = 0;

function sourceOf(text: string): string {
  if (text !== '-' && !text.startsWith('@')) return text;
  try {
    return readFileSync(text === '-' ? STDIN : text.slice(1), 'utf8');
  } catch (error) {
    throw new InvalidArgumentError(`It cannot be read: ${error instanceof Error ? error.message : error}.`);
  }
}

/** JSON, `@file`, or `-` for stdin. */
export function json(text: string): unknown {
  const source = sourceOf(text);
  try {
    return JSON.parse(source);
  } catch (error) {
    throw new InvalidArgumentError(`It is not JSON: ${error instanceof Error ? error.message : error}.`);
  }
}

/** The same, of an object. */
export function object(text: string): object {
  const value = json(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new InvalidArgumentError('It must be a JSON object, such as {"a": 1}.');
}

export function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a whole number above 0.');
}

/** A length of time in ms, as the API reads them. */
export function millis(text: string): number {
  const parsed = Duration.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError('It must be a length of time, such as 90s or 1h30m.');
}

export function instant(text: string): Date {
  const date = new Date(text);
  if (!Number.isNaN(date.getTime())) return date;
  throw new InvalidArgumentError('It must be a moment, such as 2030-01-31T09:00:00Z.');
}

/** `name=value`, several times. */
export function pair(text: string, before: Record<string, string> = {}): Record<string, string> {
  const equals = text.indexOf('=');
  if (equals < 1) throw new InvalidArgumentError('It must be name=value.');
  return { ...before, [text.slice(0, equals)]: text.slice(equals + 1) };
}

/** Any text, several times. */
export const several = (text: string, before: string[] = []): string[] => [...before, text];

export const bodyOption = (): Option =>
  new Option(
    '--body <json>',
    'the whole request, under what other options say; @file, - for stdin',
  ).argParser(object);

/** A body: `--body` with what options of their own say in its place; what was not given is left out. */
export function bodyOf<Body>(body: object | undefined, fields: Partial<Record<keyof Body, unknown>>): Body {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  // The server checks it, and says what is wrong with each field.
  return { ...body, ...Object.fromEntries(given) } as Body;
}
