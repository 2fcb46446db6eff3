import type { JSONObject as Json } from '@modelcontextprotocol/server';

export type Definitions = Record<string, Json>;

const PREFIX = '#/$defs/';
const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The definition that a schema is, where that is no object: those of objects are worth a name. */
function namedScalar({ $ref }: Json, defs: Definitions): Json | undefined {
  if (typeof $ref !== 'string') return undefined;
  const named = defs[$ref.slice(PREFIX.length)];
  return named && !JSON.stringify(named).match(/"(?:\$ref|properties)":/) ? named : undefined;
}

/** Of what may be left out, `null` says no more than leaving it out does. */
function withoutNull({ anyOf, ...rest }: Json): Json {
  if (!Array.isArray(anyOf)) return rest;
  const kept = anyOf.filter((one) => !(isJson(one) && one.type === 'null'));
  const [only] = kept;
  return kept.length === 1 && isJson(only) ? { ...only, ...rest } : { ...rest, anyOf: kept };
}

/**
 * An input as a model reads it with the least trouble: durations, moments and the like stand where they are used
 * instead of references, and `null` is no alternative. It says less than is taken, never anything else.
 */
export function plain(schema: Json, defs: Definitions): Json {
  const alone = withoutNull(schema);
  const named = namedScalar(alone, defs);
  const { $ref: _, ...beside } = alone;
  if (named) return plain({ ...named, ...beside }, defs);
  return Object.fromEntries(Object.entries(alone).map(([name, value]) => [name, plainValue(value, defs)]));
}

function plainValue(value: Json[string], defs: Definitions): Json[string] {
  if (Array.isArray(value)) return value.map((one) => plainValue(one, defs));
  return isJson(value) ? plain(value, defs) : value;
}

/** Those definitions that are spoken of, if only by one another. */
export function withDefs(defs: Definitions, properties: unknown): { $defs?: Definitions } {
  const used = new Set<string>();
  const open: unknown[] = [properties];
  while (open.length > 0) {
    for (const [, name = ''] of JSON.stringify(open.pop()).matchAll(/"#\/\$defs\/([^"]+)"/g)) {
      if (used.has(name)) continue;
      used.add(name);
      open.push(defs[name] ?? {});
    }
  }
  const kept = Object.entries(defs).filter(([name]) => used.has(name));
  return kept.length > 0 ? { $defs: Object.fromEntries(kept) } : {};
}
