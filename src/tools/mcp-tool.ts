import { setTimeout as delay } from 'node:timers/promises';
import { type CallToolResult, Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { McpToolConfig } from '../schemas/tool.js';
import { failureOf, type RemoteCall, RemoteToolError } from './remote-tool.js';

/**
 * A server's schemas are its own words: compiled, a pattern in one of them could occupy the process for ever, and what
 * is wrong with an answer the model sees by itself.
 */
const TAKES_ANYTHING = {
  getValidator: () => (input: unknown) => ({
    valid: true as const,
    data: input as never,
    errorMessage: undefined,
  }),
};

/** Longer than any call may take: the signal ends it. */
const NO_LIMIT_MS = 2_147_483_647;

/** Calls a tool of an MCP server, in a session of its own. Throws a {@link RemoteToolError} where the tool failed. */
export async function callMcpTool(
  config: McpToolConfig & { tool: string },
  args: Record<string, unknown>,
  { fetch, callId, signal }: RemoteCall,
): Promise<unknown> {
  const transport = new StreamableHTTPClientTransport(new URL(config.url), {
    fetch,
    requestInit: { headers: { ...config.headers, 'idempotency-key': callId } },
    // A session is as long as its one call: what breaks off is a failure.
    reconnectionOptions: {
      maxRetries: 0,
      initialReconnectionDelay: 1_000,
      maxReconnectionDelay: 1_000,
      reconnectionDelayGrowFactor: 1,
    },
  });
  const client = new Client({ name: 'mainspring', version: '1' }, { jsonSchemaValidator: TAKES_ANYTHING });
  try {
    await client.connect(transport, { signal, timeout: NO_LIMIT_MS });
    const call = { name: config.tool, arguments: args };
    return resultOf(await client.callTool(call, { signal, timeout: NO_LIMIT_MS }));
  } catch (error) {
    throw failureOf(error);
  } finally {
    await close(client, transport);
  }
}

/** A server that does not end its session forgets it by itself. */
const CLOSING_MS = 1_000;

async function close(client: Client, transport: StreamableHTTPClientTransport): Promise<void> {
  const late = delay(CLOSING_MS, undefined, { ref: false });
  await Promise.race([transport.terminateSession(), late]).catch(() => undefined);
  await client.close().catch(() => undefined);
}

/** What is there to be read; of pictures and sounds only what they are. */
function textOf({ content }: CallToolResult): string {
  const parts = content.map((part) => {
    if (part.type === 'text') return part.text;
    if (part.type === 'resource') return 'text' in part.resource ? part.resource.text : part.resource.uri;
    return part.type === 'resource_link' ? part.uri : `[${part.type}: ${part.mimeType}]`;
  });
  return parts.join('\n');
}

function resultOf(result: CallToolResult): unknown {
  if (result.isError) throw new RemoteToolError(textOf(result) || 'failed without saying why');
  return result.structuredContent === undefined ? textOf(result) : result.structuredContent;
}
