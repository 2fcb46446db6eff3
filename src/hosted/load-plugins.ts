import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { ConfigError } from '../config.js';
import type { AgentDefinition } from '../plugin/define-agent.js';
import type { HandlerDefinition } from '../plugin/define-handler.js';
import type { ToolDefinition } from '../plugin/define-tool.js';
import { InstructionText, ToolName } from '../schemas/agent.js';
import { HandlerName } from '../schemas/handler.js';
import { Name } from '../schemas/identity.js';
import { Limits } from '../schemas/limits.js';

/** What a plugin adds. */
export interface Plugin {
  /** As `MAINSPRING_PLUGINS` names it. */
  source: string;
  agents: AgentDefinition[];
  tools: ToolDefinition[];
  handlers: HandlerDefinition[];
}

const isFunction = (value: unknown): boolean => typeof value === 'function';
const code = z.custom<() => unknown>(isFunction, 'must be a function');
const schema = z.custom<z.ZodType>(
  (value) =>
    typeof value === 'object' && value !== null && 'safeParse' in value && isFunction(value.safeParse),
  'must be a zod schema',
);
const jsonSchema = z.record(z.string(), z.unknown());
const ModelNeed = z.enum(['none', 'optional', 'required']);

/** What `defineTool` answers, whichever copy of it a plugin has called. */
const Tool = z.looseObject({
  name: ToolName,
  version: z.string(),
  description: z.string(),
  category: z.string(),
  isRepeatable: z.boolean(),
  requiresApproval: z.boolean(),
  input: schema,
  inputSchema: jsonSchema,
  execute: code,
});

/** What `defineAgent` answers. */
const Agent = z.looseObject({
  name: Name,
  type: Name,
  description: z.string(),
  tools: z.array(ToolName),
  instruction: InstructionText.nullable(),
  limits: Limits,
  hooks: z.record(z.string(), code.optional()),
  methods: z.record(
    z.string(),
    z.looseObject({
      description: z.string(),
      input: schema,
      inputSchema: jsonSchema,
      model: ModelNeed,
      run: code,
    }),
  ),
});

/** What `defineHandler` answers. */
const Handler = z.looseObject({
  name: HandlerName,
  description: z.string(),
  payload: schema,
  priorityOf: code,
  sessionOf: code,
  userOf: code,
  work: z.discriminatedUnion('kind', [
    z.looseObject({ kind: z.literal('prompt'), prompt: code }),
    z.looseObject({ kind: z.literal('code'), run: code, model: ModelNeed, tools: z.array(Tool) }),
  ]),
});

const Exports = z.looseObject({
  agents: z.array(Agent).default([]),
  tools: z.array(Tool).default([]),
  handlers: z.array(Handler).default([]),
});

const isFields = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const KINDS = ['agents', 'tools', 'handlers'];

/** Named exports, or the same on the default export. */
function exportsOf(module: Record<string, unknown>): Record<string, unknown> {
  const { default: whole } = module;
  const has = (fields: Record<string, unknown>) => KINDS.some((kind) => kind in fields);
  if (has(module)) return module;
  return isFields(whole) ? whole : {};
}

/** One sentence, also of what zod says in many lines. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && 'issues' in error && Array.isArray(error.issues))
    return z.prettifyError(new z.ZodError(error.issues)).replace(/\s*\n\s*/g, ' ');
  return error instanceof Error ? error.message : String(error);
}

const wrong = (source: string, what: string) => new ConfigError(`MAINSPRING_PLUGINS: ${source} ${what}`);

/** A path is one that begins with `.` or `/`, seen from the working directory; the rest are names of packages. */
const addressOf = (source: string): string =>
  /^(\.|\/)/.test(source) ? pathToFileURL(resolve(source)).href : source;

async function importPlugin(source: string): Promise<Record<string, unknown>> {
  try {
    return await import(addressOf(source));
  } catch (error) {
    throw wrong(source, `cannot be loaded: ${reasonOf(error)}`);
  }
}

async function loadPlugin(source: string): Promise<Plugin> {
  const exported = exportsOf(await importPlugin(source));
  const parsed = Exports.safeParse(exported);
  if (!parsed.success)
    throw wrong(
      source,
      `exports what is no agent, tool or handler (use defineAgent, defineTool, defineHandler): ${reasonOf(parsed.error)}`,
    );
  const { agents, tools, handlers } = parsed.data;
  if (agents.length + tools.length + handlers.length === 0)
    throw wrong(source, 'exports neither agents nor tools nor handlers');
  // The definitions themselves, as they were checked: parsing made copies of them.
  const given = { agents: exported.agents ?? [], tools: exported.tools ?? [] };
  return { source, ...given, handlers: exported.handlers ?? [] } as Plugin;
}

/** Loads plugins, one after the other. Throws a {@link ConfigError} that names the one that cannot be loaded. */
export async function loadPlugins(sources: readonly string[]): Promise<Plugin[]> {
  const plugins: Plugin[] = [];
  for (const source of sources) plugins.push(await loadPlugin(source));
  return plugins;
}
