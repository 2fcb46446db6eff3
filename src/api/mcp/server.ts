import {
  McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { isOpenTo } from '../call.js';
import type { AnyCaller } from '../caller.js';
import type { Surroundings } from '../route.js';
import type { Services } from '../services.js';
import { callTool, type ToolRequest } from './call-tool.js';
import { type GivenUp, nameOfCall } from './given-up.js';
import type { Tool } from './tool.js';
import { inputSchemaOf, outputSchemaOf } from './tool-schema.js';

const INSTRUCTIONS = [
  'Mainspring keeps what is to happen later: timers, tasks of agents, schedules, messages between agents.',
  'All of it is durable: what was answered goes on though you or the server restart.',
  'Durations are written "90s", "15m", "2h"; moments in ISO 8601 with their offset or Z.',
  'What you create answers an id: keep it. The wait_for_ tools wait for ends; they may be called again.',
  'A failure says in words what to do. Do not repeat a call that failed in the same way.',
].join('\n');

function describe(tool: Tool, kind: AnyCaller['kind']) {
  const { name, title, description, route } = tool;
  const { isReadOnly = route.method === 'get', isDestructive = false, reachesOut = false } = tool;
  const outputSchema = outputSchemaOf(tool);
  return {
    ...{ name, title, description },
    inputSchema: inputSchemaOf(tool, { kind }),
    ...(outputSchema ? { outputSchema } : {}),
    annotations: {
      title,
      readOnlyHint: isReadOnly,
      destructiveHint: isDestructive,
      idempotentHint: tool.isIdempotent ?? isReadOnly,
      openWorldHint: reachesOut,
    },
  };
}

type Description = ReturnType<typeof describe>;

/** Tools as clients see them: described when first asked for, for agents apart, who name themselves nowhere. */
export function createToolbox(tools: readonly Tool[]) {
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  const described = { key: new Map<Tool, Description>(), agent: new Map<Tool, Description>() };
  const description = (tool: Tool, kind: keyof typeof described) => {
    const standing = described[kind].get(tool) ?? describe(tool, kind);
    described[kind].set(tool, standing);
    return standing;
  };
  return {
    find: (name: string): Tool | undefined => byName.get(name),
    /** The tools that a caller may call. */
    of(caller: AnyCaller): Description[] {
      const kind = caller.kind === 'agent' ? 'agent' : 'key';
      return tools.filter(({ route }) => isOpenTo(route, caller)).map((tool) => description(tool, kind));
    },
  };
}
export type Toolbox = ReturnType<typeof createToolbox>;

export interface McpRequest {
  toolbox: Toolbox;
  givenUp: GivenUp;
  caller: AnyCaller;
  around: Surroundings;
}

/** What a client is told of a wait that goes on; null where it did not ask for that. */
function tellerOf({ mcpReq }: ServerContext, { log }: Services): ToolRequest['tell'] {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return null;
  return (waited) =>
    mcpReq
      .notify({ method: 'notifications/progress', params: { progressToken, ...waited } })
      .catch((error: unknown) => log.debug({ error }, 'A client that waits is gone'));
}

/** One request's server: MCP asks for no more, and so nothing has to be remembered between requests. */
export function createServer(
  { toolbox, givenUp, caller, around }: McpRequest,
  services: Services,
): McpServer {
  const { version } = services.config;
  const info = { name: 'mainspring', title: 'Mainspring', version };
  // There is nothing to listen to: the tools of a credential stay what they are.
  const capabilities = { tools: { listChanged: false } };
  const mcp = new McpServer(info, { capabilities, instructions: INSTRUCTIONS });
  mcp.server.setRequestHandler('tools/list', () => ({ tools: toolbox.of(caller) }));
  mcp.server.setRequestHandler('tools/call', async ({ params }, context) => {
    const tool = toolbox.find(params.name);
    if (!tool) throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'there is no tool of this name');
    const { mcpReq } = context;
    const watched = givenUp.watch(nameOfCall(caller, around.address, mcpReq.id));
    const signal = AbortSignal.any([mcpReq.signal, around.signal, watched.signal]);
    const args = params.arguments ?? {};
    const tell = tellerOf(context, services);
    return callTool(tool, { args, caller, around, signal, tell }, services).finally(watched.forget);
  });
  return mcp;
}
