import { isNativeError } from 'node:util/types';
import { ServiceError } from '@temporalio/client';
import { NoResultError } from 'kysely';
import { DatabaseError } from '../../db/database-error.js';
import type { ToolCallEnd } from '../../db/tool-calls.js';
import { isCategory } from '../../domain/task-outcome.js';
import type { Log } from '../../log.js';
import { CallError } from '../../plugin/define-agent.js';
import { isInvalidInput } from '../../plugin/define-tool.js';
import type { ErrorCategory } from '../../schemas/task.js';
import type { BuiltinContext } from '../../tools/builtin.js';
import type { GrantedTool } from './tool-grants.js';

const LARGEST_BYTES = 262_144;
const DEEPEST = 64;
const LONGEST_ERROR = 2_000;

/** SQLSTATE: the error is a database's, its message names what is inside. */
const SQLSTATE = /^[0-9A-Z]{5}$/;

/** Whether an error tells of Mainspring's inside rather than of what the tool was asked to do. */
function isInside(error: Error): boolean {
  if (error instanceof DatabaseError || error instanceof NoResultError || error instanceof ServiceError)
    return true;
  if ('code' in error && 'severity' in error && SQLSTATE.test(String(error.code))) return true;
  return 'syscall' in error;
}

const failed = (message: string, category?: ErrorCategory): ToolCallEnd => ({
  status: 'failed',
  error: message.replaceAll('\0', '\ufffd').slice(0, LONGEST_ERROR),
  ...(category ? { category } : {}),
});

/** Whose fault a failure was, where it was not the tool's own. */
function categoryOf(error: Error): ErrorCategory | undefined {
  if (isInvalidInput(error)) return 'invalid_input';
  const isTold = error instanceof CallError && isCategory(error.category) && error.category !== 'tool';
  return isTold ? error.category : undefined;
}

/** A failure, as whoever asked for the call is told of it. */
export function failedBy(error: unknown, log: Pick<Log, 'warn'>, about: object): ToolCallEnd {
  if (!isNativeError(error)) return failed(String(error));
  if (!isInside(error)) return failed(error.message === '' ? error.name : error.message, categoryOf(error));
  log.warn({ ...about, error }, 'A tool failed inside');
  return failed('failed inside');
}

function isDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth >= DEEPEST || Object.values(value).some((inner) => isDeep(inner, depth + 1));
}

/** What a tool answered, as it is recorded. */
export function completedWith(result: unknown): ToolCallEnd {
  let text: string;
  try {
    if (isDeep(result)) return failed(`its answer is nested deeper than ${DEEPEST} levels`);
    text = JSON.stringify(result) ?? 'null';
  } catch {
    return failed('its answer is not JSON');
  }
  if (Buffer.byteLength(text) > LARGEST_BYTES) return failed('its answer is larger than 256 KB');
  return { status: 'completed', result: text };
}

/**
 * Runs a tool within its time limit; one that does not stop by itself is left to its own. What it throws is what it
 * came to. Throws only where `signal` is aborted.
 */
export async function runTool(
  tool: GrantedTool,
  args: unknown,
  { signal, ...context }: BuiltinContext,
): Promise<ToolCallEnd> {
  signal.throwIfAborted();
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), tool.timeoutMs);
  const either = AbortSignal.any([signal, limit.signal]);
  const aborted = new Promise<never>((_, reject) => {
    either.addEventListener('abort', () => reject(either.reason), { once: true });
  });
  try {
    // In a function: what it throws before its first await is its answer too.
    const running = (async () => tool.run(args, { ...context, signal: either }))();
    return completedWith(await Promise.race([running, aborted]));
  } catch (error) {
    signal.throwIfAborted();
    if (limit.signal.aborted) return failed(`took longer than its limit of ${tool.timeoutMs / 1_000} s`);
    const { orgId: org, taskId: task, log } = context;
    return failedBy(error, log, { org, task, tool: tool.name });
  } finally {
    clearTimeout(timer);
  }
}
