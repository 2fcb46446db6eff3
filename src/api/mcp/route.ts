import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { type Route, route, Stream } from '../route.js';
import { agentTools } from './agent-tools.js';
import { checkOrigin } from './check-origin.js';
import { createGivenUp, nameOfCall } from './given-up.js';
import { messageTools } from './message-tools.js';
import { createServer, createToolbox } from './server.js';
import { taskTools } from './task-tools.js';
import { timerTools } from './timer-tools.js';
import { withRoutes } from './tool.js';

/** A message of JSON-RPC; what is in it MCP's own server checks. Batches are no part of MCP (any more). */
const Message = z.looseObject({
  jsonrpc: z.literal('2.0'),
  method: z.string().optional(),
  params: z.looseObject({ requestId: z.unknown().optional() }).optional(),
});

/**
 * The door for agents, `/mcp`. Nothing of it stands in the OpenAPI document, since MCP describes itself, by
 * `tools/list`. A request counts once, as mail does for an agent: all that its token may call here is mail.
 */
export function createMcpRoutes(routes: readonly Route[]): Route[] {
  const tools = withRoutes([...timerTools, ...taskTools, ...messageTools, ...agentTools], routes);
  const toolbox = createToolbox(tools);
  const givenUp = createGivenUp();
  const mcpRoute = route({
    method: 'post',
    path: '/mcp',
    callers: ['key', 'admin', 'agent'],
    isMail: true,
    hidden: true,
    isPatient: true,
    tag: 'MCP',
    summary: 'The Model Context Protocol, over streamable HTTP',
    body: Message,
    answers: { 200: { description: 'An answer of JSON-RPC, or a stream that ends with it' } },
    handle(request, services) {
      const { body, caller, header, address } = request;
      const { config, log } = services;
      checkOrigin(header, config);
      if (body.method === 'notifications/cancelled')
        givenUp.giveUp(nameOfCall(caller, address, body.params?.requestId));
      const mcp = { toolbox, givenUp, caller, around: request };
      const onerror = (error: Error) => log.debug({ error }, 'An MCP request broke off');
      const handler = createMcpHandler(() => createServer(mcp, services), { onerror, maxSubscriptions: 0 });
      const answer = toNodeHandler(handler, { onerror });
      return new Stream((req, res) => {
        // The reason of the status that MCP's own server sets.
        res.statusMessage = '';
        void answer(req, res, body);
      });
    },
  });
  return [mcpRoute];
}
