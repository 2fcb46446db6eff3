import { Duration } from '../../schemas/duration.js';
import type { FieldError } from '../../schemas/field-errors.js';
import { isOwn } from '../call.js';
import type { AnyCaller } from '../caller.js';
import { readIdempotencyKey } from '../idempotency.js';
import { invalid } from '../problem.js';
import type { Asked } from '../route.js';
import type { Tool } from './tool.js';
import { IDEMPOTENCY_KEY, LONGEST_WAIT, paramNames, queryDefaults, queryNames } from './tool-schema.js';

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
  for (const [name, param] of paramNames(tool, isAgent)) params[param] = textOf(name, args[name]);
  return params;
}

function readWait({ waits }: Tool, args: Arguments): number {
  if (!waits) return 0;
  const { wait = waits.byDefault } = args;
  if (wait === '0' || wait === 0) return 0;
  const parsed = Duration.safeParse(wait);
  if (!parsed.success) throw invalid(parsed.error.issues.map(({ message }) => ({ path: 'wait', message })));
  if (parsed.data > LONGEST_WAIT.ms) {
    const message = `must not be longer than ${LONGEST_WAIT.text}: call it again to go on waiting`;
    throw invalid([{ path: 'wait', message }]);
  }
  return parsed.data;
}

function readKey({ route }: Tool, args: Arguments, fromHeader: string): string | null {
  if (!route.idempotent) return null;
  const given = args[IDEMPOTENCY_KEY];
  return readIdempotencyKey(given === undefined ? fromHeader || undefined : textOf(IDEMPOTENCY_KEY, given));
}

/** What goes into the query and the body of the route; what is in neither is none of its arguments. */
function sortArguments(tool: Tool, args: Arguments, names: ReadonlySet<string>) {
  const taken = new Set(names);
  if (tool.waits) taken.add('wait');
  if (tool.route.idempotent) taken.add(IDEMPOTENCY_KEY);
  const queried = new Set(queryNames(tool));
  const query: Arguments = queryDefaults(tool);
  const body: Arguments = {};
  for (const [name, value] of Object.entries(args)) {
    if (queried.has(name)) query[name] = value;
    else if (!taken.has(name)) body[name] = value;
  }
  return { query, body };
}

/** Takes apart what a model gave; throws `invalid` for what the tool does not take. The route checks the rest. */
export function readArguments(
  tool: Tool,
  args: Arguments,
  { caller, header }: { caller: AnyCaller; header: (name: string) => string },
): ToolCall {
  const names = new Set(paramNames(tool, caller.kind === 'agent').keys());
  const { query, body } = sortArguments(tool, args, names);
  const missing = [...names].filter((name) => args[name] === undefined);
  const unknown = tool.route.body ? [] : Object.keys(body);
  const faults: FieldError[] = [
    ...missing.map((path) => ({ path, message: 'is required' })),
    ...unknown.map((path) => ({ path, message: 'is not an argument of this tool' })),
  ];
  if (faults.length > 0) throw invalid(faults);
  const asked = {
    params: readParams(tool, args, caller),
    query: Object.fromEntries(Object.entries(query).map(([name, value]) => [name, textOf(name, value)])),
    body: tool.route.body ? body : undefined,
    key: readKey(tool, args, header('idempotency-key')),
  };
  return { asked, waitMs: readWait(tool, args) };
}
