import type { Random } from '../chaos/random.js';
import type { JsonSchema } from './document.js';

/** Makes a value where the schema alone cannot say what is right, or what keeps the load bounded. */
export type Hint = (random: Random) => unknown;

export interface ValueOptions {
  schemas: Record<string, JsonSchema>;
  /** By the name of a schema, of a field, or `format:` and its name. Names of fields go first. */
  hints: Record<string, Hint>;
}

const WORDS = [
  'a',
  'agent-1',
  'nightly report',
  'Ünïcödé',
  '時計',
  '💥 boom',
  'a/b?c=d&e',
  'שלום',
  '"quoted" \\ back',
  "O'Brien; --",
  '<b>bold</b>',
  '%41',
  '$&',
  'sealed:a:b',
];
const DEEPEST_FREE = 4;
/** Fields of which a request has exactly one. */
const EITHER = ['duration', 'fireAt'] as const;

/** Values that a schema of the document accepts. */
export function createValues({ schemas, hints }: ValueOptions) {
  function value(schema: JsonSchema, name: string, random: Random): unknown {
    if (schema.const !== undefined) return schema.const;
    if (schema.enum) return random.pick(schema.enum);
    const hint = hints[name] ?? hints[schemaName(schema)] ?? hints[`format:${schema.format}`];
    if (hint) return hint(random);
    if (schema.$ref) return value(resolved(schema), name, random);
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices) return value(random.pick(choices), name, random);
    return ofType(schema, name, random);
  }

  function ofType(schema: JsonSchema, name: string, random: Random): unknown {
    switch (schema.type) {
      case 'object':
        return object(schema, name, random);
      case 'array':
        return array(schema, name, random);
      case 'string':
        return text(schema, name, random);
      case 'integer':
        return Math.round(number(schema, random));
      case 'number':
        return number(schema, random);
      case 'null':
        return null;
      case 'boolean':
        return random.next() < 0.5;
      case undefined:
        return freeValue(random, DEEPEST_FREE);
      default:
        throw new Error(`no values of type ${schema.type} (${name})`);
    }
  }

  function object(schema: JsonSchema, name: string, random: Random): unknown {
    const { properties, required = [], additionalProperties, propertyNames } = schema;
    if (!properties) {
      const count = random.between(0, 4);
      const names = Array.from({ length: count }, () =>
        String(value(propertyNames ?? { type: 'string', minLength: 1 }, `${name}.name`, random)),
      );
      const inner = typeof additionalProperties === 'object' ? additionalProperties : {};
      return Object.fromEntries(names.map((one) => [one, value(inner, `${name}.value`, random)]));
    }
    const given = Object.entries(properties).filter(
      ([one]) => required.includes(one) || random.next() < 0.35,
    );
    const made = Object.fromEntries(given.map(([one, inner]) => [one, value(inner, one, random)]));
    if (!EITHER.every((one) => one in properties)) return made;
    const [kept, left] = random.shuffled(EITHER);
    for (const one of left ? [left] : []) Reflect.deleteProperty(made, one);
    return { ...made, ...(kept ? { [kept]: value(properties[kept] ?? {}, kept, random) } : {}) };
  }

  function array({ items = {}, minItems = 0, maxItems = 5 }: JsonSchema, name: string, random: Random) {
    const length = random.between(minItems, Math.max(minItems, Math.min(maxItems, 4)));
    return Array.from({ length }, () => value(items, name, random));
  }

  function resolved(schema: JsonSchema): JsonSchema {
    const known = schemas[schemaName(schema)];
    if (!known) throw new Error(`the document has no ${schema.$ref}`);
    return known;
  }

  return (schema: JsonSchema, name: string, random: Random) => value(schema, name, random);
}

const schemaName = ({ $ref }: JsonSchema) => $ref?.split('/').at(-1) ?? '';

function text({ minLength = 0, maxLength = 200, pattern }: JsonSchema, name: string, random: Random): string {
  if (pattern !== undefined) throw new Error(`${name} has a pattern and no hint: ${pattern}`);
  if (random.next() < 0.05) return 'x'.repeat(Math.min(maxLength, 1_000));
  const word = random.pick(WORDS).slice(0, maxLength);
  return word.length >= minLength ? word : 'x'.repeat(minLength);
}

function number({ minimum = -1e9, maximum = 1e9 }: JsonSchema, random: Random): number {
  const choice = random.next();
  if (choice < 0.1) return minimum;
  if (choice < 0.2) return maximum;
  return minimum + random.next() * (Math.min(maximum, minimum + 1e6) - minimum);
}

/** Any JSON. */
export function freeValue(random: Random, depth: number): unknown {
  const kind = random.between(0, depth > 0 ? 6 : 4);
  if (kind === 0) return null;
  if (kind === 1) return random.next() < 0.5;
  if (kind === 2) return random.between(-1e9, 1e9) / random.pick([1, 3, 1e6]);
  if (kind <= 4) return random.pick(WORDS);
  const inner = Array.from({ length: random.between(0, 4) }, () => freeValue(random, depth - 1));
  return kind === 5 ? inner : Object.fromEntries(inner.map((one) => [random.pick(WORDS), one]));
}
