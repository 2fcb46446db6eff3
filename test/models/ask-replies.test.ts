import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { asking, candidatesOn, errorOf, requestOf, WEATHER } from '../support/asking.js';
import { type ModelServer, startModelServer } from '../support/model-server.js';

let server: ModelServer;
const candidateOf = candidatesOn(() => server);
beforeAll(async () => {
  server = await startModelServer();
});
afterEach(() => server.reset());
afterAll(() => server.close());

test('arguments of a tool that are no JSON are passed on, so that the model can be told', async () => {
  server.script({ toolCalls: [{ name: '_weather_today', arguments: '{"city": ' }] });
  const reply = await asking()(candidateOf('openai'), requestOf({ tools: [WEATHER] }));
  expect(reply.toolCalls).toEqual([{ id: 'call_0', name: 'weather.today', input: '{"city": ' }]);
  expect(reply.messages.map(({ role }) => role)).toEqual(['assistant']);
});

test('a tool that was never offered is passed on to whoever refuses it', async () => {
  server.script({ toolCalls: [{ name: 'rm', arguments: { path: '/' } }] });
  const reply = await asking()(candidateOf('openai'), requestOf({ tools: [WEATHER] }));
  expect(reply.toolCalls).toEqual([{ id: 'call_0', name: 'rm', input: { path: '/' } }]);
});

test('tokens that nobody counted are estimated', async () => {
  server.script({ text: 'x'.repeat(300), usage: null });
  const { usage } = await asking()(candidateOf('custom'), requestOf());
  expect(usage.output).toBeGreaterThanOrEqual(100);
  expect(usage.input).toBeGreaterThan(10);
});

test('what Anthropic counted before its answer broke off is taken as it is', async () => {
  server.script({
    text: 'I was about to',
    inBandError: { status: 529 },
    usage: { input: 4_321, output: 99 },
  });
  const { usage } = await errorOf(asking()(candidateOf('anthropic'), requestOf()));
  expect(usage).toEqual({ input: 4_321, output: 5 });
});

test('a server that is not there has used nothing', async () => {
  const candidate = candidateOf('custom', { baseUrl: 'http://127.0.0.1:9/v1' });
  expect((await errorOf(asking()(candidate, requestOf()))).usage).toBeUndefined();
});
