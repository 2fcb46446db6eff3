import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startMainspring, type TestMainspring, timerRequest } from '../support/mainspring.js';
import { openMcp } from '../support/mcp.js';
import { type Asked, type ModelServer, startModelServer } from '../support/model-server.js';

let model: ModelServer;
let mainspring: TestMainspring;
beforeAll(async () => {
  model = await startModelServer();
  const env = { OPENAI_API_KEY: 'openai-key', OPENAI_BASE_URL: `${model.url}/v1` };
  mainspring = await startMainspring({ env });
});
afterAll(async () => {
  await mainspring.close();
  await model.close();
});

/** What the latest call of a tool came to, as the model is told. */
const heard = ({ body }: Asked): string =>
  JSON.stringify(body.messages.findLast(({ role }: { role: string }) => role === 'tool')?.content);
const timerIdIn = (asked: Asked) => /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(heard(asked))?.[0];

test('an agent that a model drives sets a timer through /mcp, mends its mistake, and waits for it', async () => {
  const { key, adminToken: token } = await mainspring.org();
  const mcp = await openMcp(mainspring.url, { key });
  const { tools } = await mcp.client.listTools();
  const names = ['create_timer', 'wait_for_timer'];
  for (const name of names) {
    const offered = tools.find((tool) => tool.name === name);
    const config = { url: `${mainspring.url}/mcp`, headers: { 'x-api-key': key } };
    const schema = { input: { type: 'object', properties: offered?.inputSchema.properties } };
    // Its registry takes flat schemas: of what is referred to the server itself says what is wrong.
    const flat = JSON.parse(JSON.stringify(schema).replace(/\{"\$ref":"[^"]+"\}/g, '{}'));
    const { description } = offered ?? {};
    const made = await mainspring.send('/tools', {
      token,
      body: { name, kind: 'mcp', description, config, schema: flat },
    });
    expect([made.status, made.status === 201 ? '' : made.text]).toEqual([201, '']);
  }
  const agent = { name: `keeper ${randomUUID()}`, tools: names };
  const created = await mainspring.send('/agents', { token, body: agent });
  expect(created.status).toBe(201);

  const wish = timerRequest({ duration: '1s' });
  const words: string[] = [];
  const saying = (name: string, args: (asked: Asked) => object) => (asked: Asked) => {
    words.push(heard(asked));
    return { toolCalls: [{ name, arguments: { ...args(asked) } }] };
  };
  model.script(
    saying('create_timer', () => ({ ...wish, fireAt: '2030-01-01T00:00:00Z' })),
    saying('create_timer', () => wish),
    saying('wait_for_timer', (asked) => ({ timerId: timerIdIn(asked), wait: '20s' })),
    (asked) => {
      words.push(heard(asked));
      return { text: 'It has fired.' };
    },
  );
  const body = { agent_name: agent.name, prompt: 'Remind me in a second.' };
  const { task_id } = await mcp.call('submit_task', body);
  const { task } = await mcp.call('wait_for_task', { task_id });
  expect(task.result).toMatchObject({ success: true, output: 'It has fired.' });
  expect(words[1]).toContain('Failed (invalid)');
  expect(words[1]).toContain('Correct the arguments and call the tool again');
  expect(words[3]).toContain('fired');
  const { timers } = await mcp.call('list_timers', { name: wish.name as string });
  expect(timers).toMatchObject([{ status: 'fired' }]);
  await mcp.close();
});
