import { Duration } from '../../schemas/duration.js';
import type { FieldError } from '../../schemas/field-errors.js';
import { isOwn } from '../call.js';
import type { AnyCaller } from '../caller.js';
import { readIdempotencyKey } from '../idempotency.js';
import { invalid } from '../problem.js';
import type { Asked } from '../route.js';
import type { Tool } from './tool.js';
import { IDEMPOTENCY_KEY, LONGEST_WAIT_MS, paramNames, queryNames } from './tool-schema.js';

/** What a tool's arguments ask its route, and how long it may wait for it, in ms. */
export interface ToolCall {
  asked: Asked;
  waitMs: number;
}

type Arguments = Record<string, unknown>;

/** The text of an argument that goes into a path or a query. */
function textOf(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw invalid([{ path: name, message: 'must be a text, a number or true or false' }]);
}

function readParams(tool: Tool, args: Arguments, caller: AnyCaller): Record<string, string> {
  const isAgent = caller.kind === 'agent';
  const params: Record<string, string> = isAgent && isOwn(tool.route) ? { id: caller.agentId } : {};
  for (const [name, param] of paramNames(tool, isAgent)) {
    if (args[name] === undefined) throw invalid([{ path: name, message: 'is needed' }]);
    params[param] = textOf(name, args[name]);
  }
  return params;
}

function readWait({ waits }: Tool, args: Arguments): number {
  if (!waits) return 0;
  const { wait = waits.byDefault } = args;
  if (wait === '0' || wait === 0) return 0;
  const parsed = Duration.safeParse(wait);
  if (!parsed.success) throw invalid(parsed.error.issues.map(({ message }) => ({ path: 'wait', message })));
  if (parsed.data > LONGEST_WAIT_MS)
    throw invalid([{ path: 'wait', message: 'must not be longer than 1h: call it again to go on waiting' }]);
  return parsed.data;
}

function readKey({ route }: Tool, args: Arguments, fromHeader: string): string | null {
  if (!route.idempotent) return null;
  const given = args[IDEMPOTENCY_KEY];
  return readIdempotencyKey(given === undefined ? fromHeader || undefined : textOf(IDEMPOTENCY_KEY, given));
}

/** Takes apart what a model gave; throws `invalid` for what the tool does not take. The route checks the rest. */
export function readArguments(
  tool: Tool,
  args: Arguments,
  { caller, header }: { caller: AnyCaller; header: (name: string) => string },
): ToolCall {
  const params = readParams(tool, args, caller);
  const taken = new Set([...paramNames(tool, caller.kind === 'agent').keys()]);
  if (tool.waits) taken.add('wait');
  if (tool.route.idempotent) taken.add(IDEMPOTENCY_KEY);
  const queried = new Set(queryNames(tool));
  const query: Record<string, string> = {};
  const body: Arguments = {};
  for (const [name, value] of Object.entries(args)) {
    if (queried.has(name)) query[name] = textOf(name, value);
    else if (!taken.has(name)) body[name] = value;
  }
  const unknown: FieldError[] = tool.route.body
    ? []
    : Object.keys(body).map((path) => ({ path, message: 'is not an argument of this tool' }));
  if (unknown.length > 0) throw invalid(unknown);
  const key = readKey(tool, args, header('idempotency-key'));
  return {
    asked: { params, query, body: tool.route.body ? body : undefined, key },
    waitMs: readWait(tool, args),
  };
}
