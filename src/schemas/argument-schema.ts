import { z } from 'zod';

type Fields = Record<string, unknown>;

/** A JSON Schema that arguments cannot be checked with; the message says why. */
export class ArgumentSchemaError extends Error {
  override readonly name = 'ArgumentSchemaError';
}

/** With everything that it refers to in its place; each part may be looked at for each value. */
const MOST_PARTS = 1_000;
/** What stands in these is a value, not a schema. */
const VALUES = new Set(['default', 'const', 'enum', 'examples', 'description', 'title']);
/** What stands in these are schemas by name. */
const MAPS = new Set(['properties', '$defs', 'definitions']);

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Counts the parts of a schema, following its references, so that neither a loop of them nor a tree gets by. */
class Measure {
  private parts = 0;

  constructor(private readonly root: Fields) {}

  schema(schema: unknown): void {
    this.parts += 1;
    if (this.parts > MOST_PARTS)
      throw new ArgumentSchemaError(`has more than ${MOST_PARTS} parts, or refers to itself`);
    if (Array.isArray(schema)) for (const part of schema) this.schema(part);
    if (!isFields(schema)) return;
    if (typeof schema.$ref === 'string') this.schema(this.target(schema.$ref));
    for (const [keyword, value] of Object.entries(schema)) this.keyword(keyword, value);
  }

  private keyword(keyword: string, value: unknown): void {
    if (VALUES.has(keyword)) return;
    if (keyword === 'patternProperties') throw new ArgumentSchemaError('patternProperties is not supported');
    // What nobody refers to is not looked at when arguments are checked.
    if (keyword === '$defs' || keyword === 'definitions') return;
    if (MAPS.has(keyword) && isFields(value)) for (const schema of Object.values(value)) this.schema(schema);
    else if (typeof value === 'object' && value !== null) this.schema(value);
  }

  private target(ref: string): unknown {
    const [, where, name] = /^#\/(\$defs|definitions)\/(.+)$/.exec(ref) ?? [];
    const definitions = where === undefined ? undefined : this.root[where];
    if (name === undefined || !isFields(definitions) || !Object.hasOwn(definitions, name))
      throw new ArgumentSchemaError(`refers to ${ref.slice(0, 100)}, which is not in its $defs`);
    return definitions[name];
  }
}

/** A caller's regular expression could occupy the process for ever: the tool itself has to check it. */
function withoutPatterns(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutPatterns);
  if (!isFields(schema)) return schema;
  const entries = Object.entries(schema).flatMap(([keyword, value]) => {
    if (keyword === 'pattern') return [];
    if (VALUES.has(keyword)) return [[keyword, value]];
    if (!MAPS.has(keyword) || !isFields(value)) return [[keyword, withoutPatterns(value)]];
    return [
      [keyword, Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withoutPatterns(one)]))],
    ];
  });
  return Object.fromEntries(entries);
}

/**
 * What checks the arguments of a tool whose code is elsewhere, by the JSON Schema that it was registered with. A
 * `pattern` in it is for whoever reads it. Throws an {@link ArgumentSchemaError} for one that cannot be used.
 */
export function argumentSchema(schema: Fields): z.ZodType {
  if (schema.type !== 'object') throw new ArgumentSchemaError('must be of type "object"');
  new Measure(schema).schema(schema);
  try {
    return z.fromJSONSchema(withoutPatterns(schema) as z.core.JSONSchema.JSONSchema);
  } catch (error) {
    throw new ArgumentSchemaError(error instanceof Error ? error.message : 'is no JSON Schema');
  }
}
