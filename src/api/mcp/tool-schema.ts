import type { JSONObject as Json } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { isOwn } from '../call.js';
import type { AnyCaller } from '../caller.js';
import { isDescribed } from '../route.js';
import type { Tool } from './tool.js';

/** A JSON schema of an object, as models and MCP clients take it. */
export type ObjectSchema = {
  type: 'object';
  properties: Record<string, Json>;
  required: string[];
  additionalProperties?: boolean;
  $defs?: Record<string, Json>;
};

/** Held to by a tool that waits: longer than this it is better to ask again. */
export const LONGEST_WAIT_MS = 3_600_000;
export const IDEMPOTENCY_KEY = 'idempotencyKey';

/** What says nothing to a model and costs it a lot to read. */
function trim({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  delete jsonSchema.propertyNames;
  delete jsonSchema.example;
}

/** The schema of an object, without the name that it has elsewhere; null where it is something else. */
function objectSchema(schema: z.ZodType): ObjectSchema | null {
  let root: Json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', override: trim }) as Json;
  const defs = { ...(root.$defs as Record<string, Json> | undefined) };
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

function querySchema(tool: Tool): ObjectSchema {
  const query = objectSchema(tool.route.query) ?? EMPTY;
  const names = queryNames(tool);
  return {
    ...query,
    properties: Object.fromEntries(names.map((name) => [name, query.properties[name] ?? {}])),
  };
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
    properties[name] = { type: 'string', minLength: 1, description: params[param]?.description ?? '' };
  if (waits) {
    const description = `How long to wait at most, such as "5m"; at most "1h". By default "${waits.byDefault}"`;
    properties.wait = { type: 'string', maxLength: 64, description };
  }
  if (route.idempotent) {
    const description =
      'A name of your own for this call, new for each thing that you want: where you are not sure that a call was heard, repeat it with the same one, and nothing happens twice';
    properties[IDEMPOTENCY_KEY] = { type: 'string', minLength: 1, maxLength: 255, description };
  }
  return { type: 'object', properties, required: [...names.keys()] };
}

/**
 * What a tool takes: path, query and body of its route as one object. What the body repeats of the path is given once;
 * throws where a name would mean two things.
 */
export function inputSchemaOf(tool: Tool, { kind }: Pick<AnyCaller, 'kind'>): ObjectSchema {
  const { body } = tool.route;
  const parts = [ownSchema(tool, kind === 'agent'), querySchema(tool), (body && objectSchema(body)) ?? EMPTY];
  const inPath = new Set(tool.route.path.match(/(?<=:)\w+/g));
  const properties: Record<string, Json> = {};
  for (const part of parts) {
    for (const [name, schema] of Object.entries(part.properties)) {
      if (inPath.has(name) && Object.hasOwn(properties, name)) continue;
      if (Object.hasOwn(properties, name)) throw new Error(`${tool.name} has two fields called ${name}`);
      properties[name] = schema;
    }
  }
  const $defs = Object.assign({}, ...parts.map((part) => part.$defs ?? {}));
  return {
    type: 'object',
    properties,
    required: parts.flatMap(({ required }) => required),
    additionalProperties: false,
    ...withDefs($defs, properties),
  };
}

/** Those definitions that are spoken of, if only by one another. */
function withDefs(defs: Record<string, Json>, properties: unknown): { $defs?: Record<string, Json> } {
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

/** What a tool answers, where that is an object of a known shape. */
export function outputSchemaOf({ route }: Tool): ObjectSchema | null {
  const answer = route.answers[route.successStatus];
  const schema = answer && (isDescribed(answer) ? answer.schema : answer);
  const object = schema ? objectSchema(schema) : null;
  if (!object) return null;
  const { $defs = {}, ...rest } = object;
  return { ...rest, type: 'object', ...withDefs($defs, object.properties) } as ObjectSchema;
}
