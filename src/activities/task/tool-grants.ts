import type { z } from 'zod';
import type { AgentRow } from '../../db/agents.js';
import type { Db } from '../../db/database.js';
import type { ToolCallRow } from '../../db/task-calls.js';
import type { TaskRow } from '../../db/tasks.js';
import { activeTools, type ToolRow } from '../../db/tools.js';
import { maskSettings } from '../../domain/mask-settings.js';
import { MASK } from '../../domain/url-secrets.js';
import type { Catalogue, CodedTool } from '../../hosted/catalogue.js';
import { toolOfHandler } from '../../hosted/handler-code.js';
import type { GuardedFetch } from '../../outbound/guarded-fetch.js';
import { argumentSchema } from '../../schemas/argument-schema.js';
import { BuiltinToolConfig, HttpToolConfig, McpToolConfig } from '../../schemas/tool.js';
import type { Vault } from '../../secrets/vault.js';
import type { BuiltinContext } from '../../tools/builtin.js';
import { callHttpTool } from '../../tools/http-tool.js';
import { callMcpTool } from '../../tools/mcp-tool.js';
import { withoutSecrets } from '../channels/without-secrets.js';

/** A tool that an agent may call now, with its code. */
export interface GrantedTool {
  name: string;
  kind: ToolRow['kind'];
  requiresApproval: boolean;
  /** Null: as long as everywhere. */
  approvalTimeoutMs: number | null;
  timeoutMs: number;
  /** Whether a call may be made again whose worker died. */
  isRepeatable: boolean;
  /** Throws where the schema that it was registered with cannot be used. */
  input(): z.ZodType;
  run(args: unknown, context: BuiltinContext): Promise<unknown>;
}

/** A tool, or why it may not be called, for whoever asked. */
export type Grant = { kind: 'granted'; tool: GrantedTool } | { kind: 'refused'; message: string };

export interface ToolGrantsOptions {
  db: Db;
  catalogue: Pick<Catalogue, 'tools' | 'handlers'>;
  vault: Vault;
  guardedFetch: GuardedFetch;
}

const DEFAULT_TIMEOUT_SECONDS = 60;

const describeAllowed = (names: readonly string[]) =>
  names.length === 0 ? 'you have no tools' : `your tools are ${names.join(', ')}`;

export type ToolGrants = ReturnType<typeof createToolGrants>;

/** Decides from rows, at the moment of a call, whether an agent may make it: nothing that was said counts. */
export function createToolGrants({ db, catalogue, vault, guardedFetch }: ToolGrantsOptions) {
  const hasCode = ({ kind, name }: ToolRow) => kind !== 'builtin' || catalogue.tools.has(name);

  function granted(row: ToolRow): GrantedTool {
    const settings: unknown = JSON.parse(vault.open(row.config));
    if (row.kind === 'http') return httpTool(row, HttpToolConfig.parse(settings), guardedFetch);
    if (row.kind === 'mcp') return mcpTool(row, McpToolConfig.parse(settings), guardedFetch);
    return codedTool(row, BuiltinToolConfig.catch({}).parse(settings), catalogue);
  }

  return async function grant(
    agent: AgentRow | undefined,
    { name, model_call_ref: modelCallRef }: Pick<ToolCallRow, 'name' | 'model_call_ref'>,
    task: Pick<TaskRow, 'method'>,
  ): Promise<Grant> {
    if (!agent) return { kind: 'refused', message: 'the agent was deleted' };
    if (agent.is_suspended) return { kind: 'refused', message: 'the agent is suspended' };
    // What the code of a handler brings along is its own, never the model's.
    const own = modelCallRef === null ? toolOfHandler(catalogue, task.method, name) : undefined;
    if (own) return { kind: 'granted', tool: handlerTool(own) };
    const rows = await activeTools(db, agent.org_id, agent.tools);
    const row = rows.find((one) => one.name === name);
    if (row && hasCode(row)) return { kind: 'granted', tool: granted(row) };
    const allowed = rows.filter(hasCode).map((one) => one.name);
    return { kind: 'refused', message: `"${name}" is not one of your tools: ${describeAllowed(allowed)}` };
  };
}

interface Calling {
  timeoutSeconds?: number | undefined;
  approvalTimeoutSeconds?: number | undefined;
}

function common(row: ToolRow, { timeoutSeconds = DEFAULT_TIMEOUT_SECONDS, approvalTimeoutSeconds }: Calling) {
  return {
    name: row.name,
    kind: row.kind,
    requiresApproval: row.requires_approval,
    approvalTimeoutMs: approvalTimeoutSeconds === undefined ? null : approvalTimeoutSeconds * 1_000,
    timeoutMs: timeoutSeconds * 1_000,
  };
}

function codedTool(row: ToolRow, config: Calling, { tools }: Pick<Catalogue, 'tools'>): GrantedTool {
  const coded = tools.get(row.name);
  if (!coded) throw new Error(`there is no code for the tool ${row.name}`);
  return {
    ...common(row, { timeoutSeconds: coded.tool.timeoutSeconds, ...config }),
    isRepeatable: coded.tool.isRepeatable,
    input: () => coded.tool.input,
    run: runCoded(coded),
  };
}

const runCoded =
  (coded: CodedTool): GrantedTool['run'] =>
  (args, context) =>
    coded.kind === 'builtin'
      ? coded.tool.execute(args, context)
      : coded.tool.execute(args, publicPart(context));

/** No organisation has a row of it: its code says all. */
const handlerTool = (coded: CodedTool): GrantedTool => ({
  name: coded.tool.name,
  kind: 'builtin',
  requiresApproval: coded.tool.requiresApproval,
  approvalTimeoutMs: null,
  timeoutMs: coded.tool.timeoutSeconds * 1_000,
  isRepeatable: coded.tool.isRepeatable,
  input: () => coded.tool.input,
  run: runCoded(coded),
});

/** What a plugin's tool is told: nothing of what Mainspring works with. */
const publicPart = ({ orgId, taskId, callId, agent, userId, sessionId, signal }: BuiltinContext) => ({
  ...{ orgId, taskId, callId, agent, userId, sessionId, signal },
});

type Fields = Record<string, unknown>;
/** Schemas of remote tools are of type "object". */
const asFields = (args: unknown) => args as Fields;

function httpTool(row: ToolRow, config: HttpToolConfig, fetch: GuardedFetch): GrantedTool {
  return {
    ...common(row, config),
    isRepeatable: config.isRepeatable ?? config.method === 'GET',
    input: () => argumentSchema(row.schema.input),
    run: (args, { callId, signal }) =>
      keepingSecrets(config, callHttpTool(config, asFields(args), { fetch, callId, signal })),
  };
}

function mcpTool(row: ToolRow, config: McpToolConfig, fetch: GuardedFetch): GrantedTool {
  const named = { ...config, tool: config.tool ?? row.name };
  return {
    ...common(row, config),
    isRepeatable: config.isRepeatable ?? false,
    input: () => argumentSchema(row.schema.input),
    run: (args, { callId, signal }) =>
      keepingSecrets(config, callMcpTool(named, asFields(args), { fetch, callId, signal })),
  };
}

/** The answer of a tool that echoes what it was sent, without what the organisation gave to be kept secret. */
async function keepingSecrets(
  { url, headers }: { url: string; headers: Record<string, string> },
  answer: Promise<unknown>,
): Promise<unknown> {
  const masked = maskSettings(headers);
  const secret = Object.fromEntries(Object.entries(headers).filter(([name]) => masked[name] === MASK));
  const mask = (text: string) => withoutSecrets(text, { url, headers: secret });
  try {
    return mapTexts(await answer, mask);
  } catch (error) {
    if (error instanceof Error) error.message = mask(error.message);
    throw error;
  }
}

function mapTexts(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, map));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, mapTexts(inner, map)]));
}
