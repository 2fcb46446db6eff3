import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { AgentRow } from '../../../src/db/agents.js';
import { claimToolCall } from '../../../src/db/tool-calls.js';
import { describeEachDatabase } from '../../support/databases.js';
import { openReceiver, type Receiver } from '../../support/receiver.js';
import { attempt, toolCalls } from '../../support/tool-calls.js';
import { until } from '../../support/until.js';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function receiverOf(...given: Parameters<typeof openReceiver>): Promise<Receiver> {
  const receiver = await openReceiver(...given);
  opened.push(receiver);
  return receiver;
}
const answering = (status: number, body: string, type = 'application/json') =>
  receiverOf((_, response) => response.writeHead(status, { 'content-type': type }).end(body));

/** A server of others, with tools that add, fail and answer text. */
async function mcpServer() {
  const seen: { method: string; headers: Record<string, unknown> }[] = [];
  const handler = toNodeHandler(
    createMcpHandler(() => {
      const server = new McpServer({ name: 'others', version: '1' });
      const inputSchema = z.object({ a: z.number(), b: z.number() });
      const outputSchema = z.object({ sum: z.number() });
      server.registerTool('add', { inputSchema, outputSchema }, async ({ a, b }) => ({
        content: [{ type: 'text', text: String(a + b) }],
        structuredContent: { sum: a + b },
      }));
      server.registerTool('say', { inputSchema: z.object({}) }, async () => ({
        content: [
          { type: 'text', text: 'the key is hunter2-hunter2' },
          { type: 'image', data: 'AAAA', mimeType: 'image/png' },
        ],
      }));
      server.registerTool('fail', { inputSchema: z.object({}) }, async () => {
        throw new Error('no more paper');
      });
      return server;
    }),
  );
  const server = createServer((request, response) => {
    seen.push({ method: request.method ?? '', headers: request.headers });
    void handler(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.push({
    async close() {
      server.closeAllConnections();
      server.close();
    },
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`, seen };
}

const input = {
  type: 'object',
  properties: { city: { type: 'string', minLength: 2 }, days: { type: 'array', items: { type: 'integer' } } },
  required: ['city'],
  additionalProperties: false,
};

describeEachDatabase('a tool elsewhere', (database) => {
  const { agentWith, running, call, callOf, look, asked, change, aTool, db } = toolCalls(database);

  /** A task of an agent that has this one tool. */
  async function taskWith(
    name: string,
    kind: 'http' | 'mcp',
    settings: object,
    schema: object = { type: 'object' },
  ) {
    const agent: AgentRow = await agentWith([]);
    await aTool(agent, name, { kind, settings, schema: { input: { ...schema } } });
    return running(await change(agent, { tools: JSON.stringify([name]) }));
  }

  test('gets its arguments as JSON, the id of the call, and the headers it was registered with', async () => {
    const receiver = await answering(200, '{"degrees":21}');
    const settings = { url: `${receiver.url}/weather`, headers: { Authorization: 'Bearer hunter2-hunter2' } };
    const task = await taskWith('weather', 'http', settings, input);
    const made = await call(task, 'weather', { city: 'Rome' });
    expect(made).toMatchObject({ status: 'completed', result: { degrees: 21 } });
    const [received] = receiver.received;
    expect(received).toMatchObject({ method: 'POST', path: '/weather', body: '{"city":"Rome"}' });
    expect(received?.headers).toMatchObject({
      ...{ authorization: 'Bearer hunter2-hunter2', 'content-type': 'application/json' },
      'idempotency-key': made.id,
    });
  });

  test('gets them in the query of a GET', async () => {
    const receiver = await answering(200, 'sunny & warm', 'text/plain');
    const task = await taskWith('weather', 'http', { url: `${receiver.url}/w?v=2`, method: 'GET' }, input);
    const made = await call(task, 'weather', { city: 'São Paulo', days: [1, 2] });
    expect(made.result).toBe('sunny & warm');
    expect(receiver.received[0]?.path).toBe('/w?v=2&city=S%C3%A3o+Paulo&days=1&days=2');
  });

  test('is not called with arguments that its schema does not allow', async () => {
    const receiver = await answering(200, '{}');
    const task = await taskWith('weather', 'http', { url: receiver.url }, input);
    const made = await call(task, 'weather', { city: 'R', days: ['Monday'], units: 'K' });
    expect(made.status).toBe('failed');
    for (const field of ['city: ', 'days.0: ', 'units: ']) expect(made.error).toContain(field);
    expect(receiver.received).toEqual([]);
  });

  test.each([
    ['an error', 500, '{"error":"out of order"}', 'answered 500: {"error":"out of order"}'],
    ['a redirect', 302, '', 'could not be called: redirected'],
    ['half an answer', 200, '{"half":', 'answered what it calls JSON and is not'],
    ['a large answer', 200, `"${'x'.repeat(300_000)}"`, 'its answer is larger than 256 KB'],
    ['a huge answer', 200, `"${'x'.repeat(2_000_000)}"`, 'could not be called: answer_too_large'],
  ])('that answers with %s fails', async (_, status, body, error) => {
    const receiver = await answering(status, body);
    const made = await call(await taskWith('weather', 'http', { url: receiver.url }), 'weather');
    expect(made).toMatchObject({ status: 'failed', error: expect.stringContaining(error) });
    expect(receiver.received).toHaveLength(1);
  });

  test('that echoes what it was sent does not give away its key', async () => {
    const receiver = await receiverOf((request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ sent: [request.headers.authorization, request.headers['x-plain']] }));
    });
    const headers = { Authorization: 'Bearer hunter2-hunter2', 'X-Plain': 'plainly' };
    const made = await call(await taskWith('echo', 'http', { url: receiver.url, headers }), 'echo');
    expect(made.result).toEqual({ sent: ['***', 'plainly'] });
  });

  test('inside is never called, whatever its row says', async () => {
    const made = await call(
      await taskWith('inside', 'http', { url: 'http://169.254.169.254/latest' }),
      'inside',
    );
    expect(made.error).toBe('could not be called: address_not_allowed');
  });

  test('that hangs is let go when its time is over, or its task is cancelled', async () => {
    const receiver = await receiverOf(() => undefined);
    const slow = await call(await taskWith('slow', 'http', { url: receiver.url, timeoutSeconds: 1 }), 'slow');
    expect(slow.error).toBe('took longer than its limit of 1 s');
    const task = await taskWith('slow', 'http', { url: receiver.url });
    const environment = attempt();
    const made = look(task, await asked(task, 'slow'), { environment });
    await until(() => receiver.received.length === 2);
    environment.cancel();
    await expect(made).rejects.toThrow();
    expect((await callOf(task)).status).toBe('failed');
  });

  test.each([
    ['GET', {}, 'completed'],
    ['POST', {}, 'failed'],
    ['POST', { isRepeatable: true }, 'completed'],
  ])('whose call by %s was interrupted is called again where it may be: %j', async (method, over, status) => {
    const receiver = await answering(200, '1');
    const task = await taskWith('once', 'http', { url: receiver.url, method, ...over });
    await asked(task, 'once');
    await claimToolCall(db(), await callOf(task), { at: new Date(Date.now() - 5) });
    await look(task);
    expect((await callOf(task)).status).toBe(status);
    expect(receiver.received).toHaveLength(status === 'completed' ? 1 : 0);
  });

  test('whose schema cannot be used fails, without a word of the inside', async () => {
    const receiver = await answering(200, '1');
    const task = await taskWith('odd', 'http', { url: receiver.url }, { type: 'object', not: { a: 1 } });
    expect((await call(task, 'odd')).error).toContain('its owner has to mend it');
    expect(receiver.received).toEqual([]);
  });

  test('of an MCP server is called by its name there, and answers what it structured', async () => {
    const { url, seen } = await mcpServer();
    const task = await taskWith('sum', 'mcp', {
      url,
      tool: 'add',
      headers: { 'x-api-key': 'hunter2-hunter2' },
    });
    const made = await call(task, 'sum', { a: 1, b: 2 });
    expect(made).toMatchObject({ status: 'completed', result: { sum: 3 } });
    for (const { headers } of seen)
      expect(headers).toMatchObject({ 'x-api-key': 'hunter2-hunter2', 'idempotency-key': made.id });
  });

  test('of an MCP server that answers text is text, without the key', async () => {
    const { url } = await mcpServer();
    const task = await taskWith('say', 'mcp', { url, headers: { 'x-api-key': 'hunter2-hunter2' } });
    expect((await call(task, 'say')).result).toBe('the key is ***\n[image: image/png]');
  });

  test('of an MCP server that fails, or is not there, fails', async () => {
    const { url } = await mcpServer();
    const failed = await call(await taskWith('fail', 'mcp', { url }), 'fail');
    expect(failed).toMatchObject({ status: 'failed', error: expect.stringContaining('no more paper') });
    const unknown = await call(await taskWith('nothing', 'mcp', { url }), 'nothing');
    expect(unknown.status).toBe('failed');
    const inside = await call(await taskWith('say', 'mcp', { url: 'http://10.0.0.1/mcp' }), 'say');
    expect(inside.error).toBe('could not be called: address_not_allowed');
    const receiver = await answering(200, 'hello', 'text/html');
    expect((await call(await taskWith('say', 'mcp', { url: receiver.url }), 'say')).status).toBe('failed');
  });

  test('of an MCP server that hangs is let go', async () => {
    const receiver = await receiverOf(() => undefined);
    const task = await taskWith('say', 'mcp', { url: receiver.url, timeoutSeconds: 1 });
    const made = await call(task, 'say');
    expect(made.error).toBe('took longer than its limit of 1 s');
    expect(made.duration_ms).toBeLessThan(3_000);
  });
});
