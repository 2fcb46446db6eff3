import type { z } from 'zod';
import { fieldErrors } from '../../schemas/field-errors.js';

const DEEPEST = 32;
const LARGEST_BYTES = 262_144;
const MOST_ERRORS = 10;
/** Names by which a careless assignment reaches what all objects share. */
const POISONOUS = new Set(['__proto__', 'constructor', 'prototype']);

/** Arguments as a tool takes them, or what is wrong with them, for whoever asked. */
export type ReadArguments = { kind: 'ready'; args: unknown } | { kind: 'refused'; message: string };

/** What about the shape of arguments no schema is trusted to notice, or null. */
function hostilityOf(args: unknown): string | null {
  const open: { value: unknown; depth: number }[] = [{ value: args, depth: 0 }];
  for (let at = open.pop(); at; at = open.pop()) {
    const { value, depth } = at;
    if (typeof value !== 'object' || value === null) continue;
    if (depth >= DEEPEST) return `are nested deeper than ${DEEPEST} levels`;
    for (const [key, inner] of Object.entries(value)) {
      if (POISONOUS.has(key)) return `have a field "${key}", which is not allowed`;
      open.push({ value: inner, depth: depth + 1 });
    }
  }
  return Buffer.byteLength(JSON.stringify(args) ?? '') > LARGEST_BYTES ? 'are larger than 256 KB' : null;
}

/** Parses what a model or an agent's code gives a tool. */
export async function readArguments(input: z.ZodType, args: unknown): Promise<ReadArguments> {
  const hostility = hostilityOf(args);
  if (hostility !== null) return { kind: 'refused', message: `the arguments ${hostility}` };
  const parsed = await input.safeParseAsync(args ?? {});
  if (parsed.success) return { kind: 'ready', args: parsed.data };
  const errors = fieldErrors(parsed.error).slice(0, MOST_ERRORS);
  const told = errors.map(({ path, message }) => `${path === '' ? 'they' : path}: ${message}`);
  return { kind: 'refused', message: `the arguments do not fit: ${told.join('; ')}` };
}
