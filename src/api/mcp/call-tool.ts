import type { CallToolResult } from '@modelcontextprotocol/server';
import type { AnyCaller } from '../caller.js';
import { toProblem } from '../problem.js';
import { Reply, type Surroundings } from '../route.js';
import type { Services } from '../services.js';
import type { Tool } from './tool.js';
import { readArguments, type ToolCall } from './tool-arguments.js';
import { failureText } from './tool-failure.js';

/** So often a client is told that a wait goes on. */
const SLICE_MS = 15_000;
/** A client that is told nothing gives up after 60 s: it gets what there is before. */
const UNTOLD_MS = 50_000;

/** One call of a tool, as MCP brings it. */
export interface ToolRequest {
  args: Record<string, unknown>;
  caller: AnyCaller;
  around: Surroundings;
  /** Aborted when the client gives the call up, or goes away. */
  signal: AbortSignal;
  /** Tells the client that a wait goes on, in seconds; null where it did not ask for that. */
  tell: ((waited: { progress: number; total: number; message: string }) => Promise<void>) | null;
}

const seconds = (millis: number) => Math.round(millis / 1_000);

/** The answer of the tool's route; a problem is thrown. */
async function askRoute(
  { route }: Tool,
  { asked, waitMs }: ToolCall,
  { around, signal }: ToolRequest,
): Promise<unknown> {
  const query = waitMs > 0 ? { ...asked.query, wait: String(waitMs) } : asked.query;
  const reply = await around.ask(route, { ...asked, query, signal });
  if (!(reply instanceof Reply)) throw new Error(`${route.path} answers a stream: no tool can`);
  return reply.body;
}

/** Asks again, in slices, until what is waited for has come or the time is over. */
async function waitFor(tool: Tool, call: ToolCall, request: ToolRequest): Promise<CallToolResult> {
  const { waits } = tool;
  const totalMs = request.tell ? call.waitMs : Math.min(call.waitMs, UNTOLD_MS);
  const startedAt = performance.now();
  for (;;) {
    const leftMs = Math.ceil(totalMs - (performance.now() - startedAt));
    const waitMs = Math.max(0, Math.min(leftMs, SLICE_MS));
    const body = await askRoute(tool, { ...call, waitMs }, request);
    if (!waits || waits.hasCome(body)) return resultOf(body);
    const waitedMs = Math.min(totalMs, performance.now() - startedAt);
    if (waitedMs >= totalMs || request.signal.aborted) {
      const note = `${waits.soFar(body)} after ${seconds(waitedMs)} s. Call ${tool.name} again to go on waiting.`;
      return resultOf(body, note);
    }
    await request.tell?.({
      progress: seconds(waitedMs),
      total: seconds(totalMs),
      message: waits.soFar(body),
    });
  }
}

function resultOf(body: unknown, note?: string): CallToolResult {
  const notes = note === undefined ? [] : [{ type: 'text' as const, text: note }];
  if (body === null || body === undefined)
    return { content: [...notes, { type: 'text', text: 'It is done.' }] };
  const content = [...notes, { type: 'text' as const, text: JSON.stringify(body) }];
  // What a route answers is an object, apart from texts, which no tool's route does.
  return { content, structuredContent: body as Record<string, unknown> };
}

/** Calls a tool: what its route answers, or what is wrong in words that a model can act on. */
export async function callTool(tool: Tool, request: ToolRequest, { log }: Services): Promise<CallToolResult> {
  const { args, caller, around } = request;
  try {
    const call = readArguments(tool, args, { caller, header: around.header });
    if (call.waitMs > 0) return await waitFor(tool, call, request);
    return resultOf(await askRoute(tool, call, request));
  } catch (error) {
    const problem = toProblem(error, log, { request: around.requestId, route: tool.name });
    return { isError: true, content: [{ type: 'text', text: failureText(problem) }] };
  }
}
