import type { JSONObject as Json } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { isOwn } from '../call.js';
import type { AnyCaller } from '../caller.js';
import { isDescribed } from '../route.js';
import { type Definitions, plain, withDefs } from './plain-schema.js';
import type { Tool } from './tool.js';

/** A JSON schema of an object, as models and MCP clients take it. */
export type ObjectSchema = {
  type: 'object';
  properties: Record<string, Json>;
  required: string[];
  additionalProperties?: boolean;
  $defs?: Definitions;
};

/** Held to by a tool that waits: longer than this it is better to ask again. */
export const LONGEST_WAIT = { text: '1h', ms: 3_600_000 };
export const IDEMPOTENCY_KEY = 'idempotencyKey';

type Direction = 'input' | 'output';
const LIMITS = ['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems', 'pattern'] as const;

/**
 * What says nothing to a model and costs it a lot to read. Clients check answers: the limits of inputs are no business
 * of theirs, and may have been others when something was written.
 */
const trim =
  (direction: Direction) =>
  ({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void => {
    if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
    if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    if (jsonSchema.minLength === 1) delete jsonSchema.minLength;
    delete jsonSchema.propertyNames;
    delete jsonSchema.example;
    if (direction === 'output') for (const name of LIMITS) delete jsonSchema[name];
  };

/** The schema of an object, without the name that it has elsewhere; null where it is something else. */
function objectSchema(schema: z.ZodType, direction: Direction): ObjectSchema | null {
  // What a route takes in and what it answers are both written as the input of their schemas.
  const options = { io: 'input', unrepresentable: 'any', override: trim(direction) } as const;
  let root: Json = z.toJSONSchema(schema, options) as Json;
  const defs = { ...(root.$defs as Definitions | undefined) };
  while (typeof root.$ref === 'string') root = defs[root.$ref.slice('#/$defs/'.length)] ?? {};
  if (root.type !== 'object') return null;
  const { $schema: _, $defs: __, id: ___, ...rest } = root;
  return {
    ...rest,
    type: 'object',
    properties: (root.properties ?? {}) as Record<string, Json>,
    required: (root.required ?? []) as string[],
    ...(Object.keys(defs).length > 0 ? { $defs: defs } : {}),
  };
}

const EMPTY: ObjectSchema = { type: 'object', properties: {}, required: [] };

/** The fields of the query that the tool takes: how long to wait is a matter of the tool. */
export const queryNames = ({ route }: Tool) =>
  Object.keys(route.query.shape).filter((name) => name !== 'wait');

/** What the query says where a model does not: a page is short, since all of it is read. */
export const queryDefaults = ({ route }: Tool): Record<string, number> =>
  Object.hasOwn(route.query.shape, 'cursor') ? { limit: 20 } : {};

function querySchema(tool: Tool): ObjectSchema {
  const query = objectSchema(tool.route.query, 'input') ?? EMPTY;
  const defaults = queryDefaults(tool);
  const fields = queryNames(tool).map((name): [string, Json] => {
    const { [name]: field = {} } = query.properties;
    const { [name]: byDefault } = defaults;
    return [name, byDefault === undefined ? field : { ...field, default: byDefault }];
  });
  return { ...query, properties: Object.fromEntries(fields) };
}

/** The names of the parameters of a tool's path here; an agent that asks about itself names itself no more. */
export function paramNames({ route, params = {} }: Tool, isAgent: boolean): Map<string, string> {
  const names = [...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  const own = isAgent && isOwn(route) ? 'id' : null;
  return new Map(names.filter((name) => name !== own).map((name) => [params[name]?.name ?? name, name]));
}

function ownSchema(tool: Tool, isAgent: boolean): ObjectSchema {
  const names = paramNames(tool, isAgent);
  const { route, params = {}, waits } = tool;
  const properties: Record<string, Json> = {};
  for (const [name, param] of names)
    properties[name] = { type: 'string', description: params[param]?.description ?? '' };
  if (waits) {
    const description = `How long to wait at most, such as "5m"; at most "${LONGEST_WAIT.text}". By default "${waits.byDefault}"`;
    properties.wait = { type: 'string', maxLength: 64, description };
  }
  if (route.idempotent) {
    const description =
      'A name of your own for this call, new for each thing that you want: where you are not sure that a call was heard, repeat it with the same one, and nothing happens twice';
    properties[IDEMPOTENCY_KEY] = { type: 'string', maxLength: 255, description };
  }
  return { type: 'object', properties, required: [...names.keys()] };
}

/** Definitions that words stand for; throws where there is nothing of that name. */
function inWords({ name: tool, inWords: words = {} }: Tool, parts: ObjectSchema[]): Definitions {
  const told = Object.entries(words).map(([name, description]): [string, Json] => {
    if (!parts.some(({ $defs }) => $defs?.[name])) throw new Error(`${tool} has no ${name} to tell in words`);
    return [name, { type: 'object', description }];
  });
  return Object.fromEntries(told);
}

/**
 * What a tool takes: path, query and body of its route as one object. What the body repeats of the path is given once;
 * throws where a name would mean two things.
 */
export function inputSchemaOf(tool: Tool, { kind }: Pick<AnyCaller, 'kind'>): ObjectSchema {
  const { body } = tool.route;
  const parts = [
    ownSchema(tool, kind === 'agent'),
    querySchema(tool),
    (body && objectSchema(body, 'input')) ?? EMPTY,
  ];
  const inPath = new Set(tool.route.path.match(/(?<=:)\w+/g));
  const properties: Record<string, Json> = {};
  for (const part of parts) {
    for (const [name, schema] of Object.entries(part.properties)) {
      if (inPath.has(name) && Object.hasOwn(properties, name)) continue;
      if (Object.hasOwn(properties, name)) throw new Error(`${tool.name} has two fields called ${name}`);
      properties[name] = schema;
    }
  }
  const defs: Definitions = Object.assign({}, ...parts.map((part) => part.$defs ?? {}), inWords(tool, parts));
  const plainDefs = plain(defs, defs) as Definitions;
  const plainProperties = plain(properties, defs) as Record<string, Json>;
  return {
    type: 'object',
    properties: plainProperties,
    required: parts.flatMap(({ required }) => required),
    additionalProperties: false,
    ...withDefs(plainDefs, plainProperties),
  };
}

/** What a tool answers, where that is an object of a known shape. */
export function outputSchemaOf({ route }: Tool): ObjectSchema | null {
  const answer = route.answers[route.successStatus];
  const schema = answer && (isDescribed(answer) ? answer.schema : answer);
  const object = schema ? objectSchema(schema, 'output') : null;
  if (!object) return null;
  const { $defs = {}, ...rest } = object;
  return { ...rest, type: 'object', ...withDefs($defs, object.properties) } as ObjectSchema;
}
