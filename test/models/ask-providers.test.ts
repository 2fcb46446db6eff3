import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Candidate, ModelRequest, Provider } from '../../src/models/models.js';
import { asking, candidatesOn, errorOf, MODELS, requestOf, WEATHER } from '../support/asking.js';
import { type Answer, type ModelServer, startModelServer } from '../support/model-server.js';
import { until } from '../support/until.js';

let server: ModelServer;
const candidateOf = candidatesOn(() => server);
beforeAll(async () => {
  server = await startModelServer();
});
afterEach(() => server.reset());
afterAll(() => server.close());

const CITY = {
  type: 'object',
  properties: { city: { type: 'string' }, people: { type: 'integer' } },
  required: ['city', 'people'],
  additionalProperties: false,
};

/** Nobody counted it; as much as the question at least. */
const SPENT = { input: expect.any(Number), output: expect.any(Number) };

const PATHS: Record<Provider, { stream: string; whole: string }> = {
  google: {
    stream: '/v1beta/models/gemini-2.0-flash:streamGenerateContent?alt=sse',
    whole: '/v1beta/models/gemini-2.0-flash:generateContent',
  },
  openai: { stream: '/v1/chat/completions', whole: '/v1/chat/completions' },
  anthropic: { stream: '/v1/messages', whole: '/v1/messages' },
  custom: { stream: '/v1/chat/completions', whole: '/v1/chat/completions' },
};
const KEYS: Record<Provider, [header: string, value: string]> = {
  google: ['x-goog-api-key', 'the-key'],
  openai: ['authorization', 'Bearer the-key'],
  anthropic: ['x-api-key', 'the-key'],
  custom: ['authorization', 'Bearer the-key'],
};
const providers: Provider[] = ['google', 'openai', 'anthropic', 'custom'];

describe.each(providers)('a model of %s', (provider) => {
  const candidate = (over: Partial<Candidate> = {}) => candidateOf(provider, over);

  test.each([
    ['as it comes', true],
    ['as a whole', false],
  ])('answers text %s, with what it used', async (_, isStream) => {
    server.script({ text: 'good morning', usage: { input: 11, output: 3 } });
    const heard: string[] = [];
    const reply = await asking({ LLM_STREAM: isStream })(
      candidate(),
      requestOf({ onText: (text) => heard.push(text), temperature: 0.5 }),
    );
    expect(reply).toMatchObject({
      text: 'good morning',
      toolCalls: [],
      usage: { input: 11, output: 3 },
      model: MODELS[provider],
    });
    expect(reply.messages).toMatchObject([
      { role: 'assistant', content: [{ type: 'text', text: 'good morning' }] },
    ]);
    expect(heard).toEqual(isStream ? ['good m', 'orning'] : []);
    const [asked] = server.requests;
    expect(asked?.path).toBe(PATHS[provider][isStream ? 'stream' : 'whole']);
    const [header, value] = KEYS[provider];
    expect(asked?.headers[header]).toBe(value);
    expect(JSON.stringify(asked?.body)).toContain('You are terse.');
    expect(JSON.stringify(asked?.body)).toMatch(/"(max_tokens|maxOutputTokens|max_completion_tokens)":500/);
    expect(JSON.stringify(asked?.body)).toContain('"temperature":0.5');
  });

  test('asks for tools, and is given their results', async () => {
    server.script({ text: 'I look.', toolCalls: [{ name: '_weather_today', arguments: { city: 'Ghent' } }] });
    const first = await asking()(candidate(), requestOf({ tools: [WEATHER] }));
    expect(first.toolCalls).toEqual([
      { id: expect.any(String), name: 'weather.today', input: { city: 'Ghent' } },
    ]);
    const result = {
      type: 'tool-result' as const,
      toolCallId: first.toolCalls[0]?.id ?? '',
      toolName: 'weather.today',
      output: { type: 'json' as const, value: { tool: 'weather.today', result: { sky: 'grey' } } },
    };
    const messages: ModelRequest['messages'] = [
      ...requestOf().messages,
      ...first.messages,
      { role: 'tool', content: [result] },
    ];
    await asking()(candidate(), requestOf({ tools: [WEATHER], messages }));
    const body = JSON.stringify(server.requests[1]?.body);
    expect(body).toContain('grey');
    // No provider takes a dot in the name of a tool.
    expect(body).not.toContain('"name":"weather.today"');
  });

  test('answers to a schema', async () => {
    const said: Answer = { text: '{"city":"Ghent","people":265000}' };
    server.script(said);
    const reply = await asking()(candidate(), requestOf({ schema: CITY }));
    expect(reply.data).toEqual({ city: 'Ghent', people: 265_000 });
    expect(JSON.stringify(server.requests[0]?.body)).toContain('people');
  });

  test('that breaks a schema has used tokens all the same', async () => {
    server.script({ text: '{"city":"Ghent"}', usage: { input: 50, output: 9 } });
    const error = await errorOf(asking()(candidate(), requestOf({ schema: CITY })));
    expect(error).toMatchObject({ kind: 'invalid_output', usage: { input: 50, output: 9 } });
    expect(error.message).toContain('people');
  });

  test('that is told a schema in words may put its answer in a fence', async () => {
    server.script({ text: '```json\n{"city":"Ghent","people":1}\n```' });
    const reply = await asking()(candidate({ takesSchema: false }), requestOf({ schema: CITY }));
    expect(reply.data).toEqual({ city: 'Ghent', people: 1 });
    expect(JSON.stringify(server.requests[0]?.body)).toContain('keeps to this JSON Schema');
  });

  test.each([
    [429, 'rate_limit'],
    [500, 'outage'],
    [503, 'outage'],
    [400, 'refused'],
    [401, 'refused'],
    [403, 'refused'],
    [404, 'refused'],
  ])('that fails with %s is asked once: %s', async (status, kind) => {
    server.script({ status, message: 'no' });
    expect(await errorOf(asking()(candidate(), requestOf()))).toMatchObject({ kind });
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ['retry-after', '7', 7_000],
    ['retry-after-ms', '250', 250],
  ])('says by %s how long it wants to be left alone', async (header, value, retryAfterMs) => {
    server.script({ status: 429, headers: { [header]: value } });
    expect(await errorOf(asking()(candidate(), requestOf()))).toMatchObject({
      kind: 'rate_limit',
      retryAfterMs,
    });
  });

  test.each([true, false])('that fails inside a 200 has failed (streaming: %s)', async (isStream) => {
    server.script({ text: isStream ? 'I wa' : '', inBandError: { status: 503, message: 'overloaded' } });
    const asked = asking({ LLM_STREAM: isStream })(candidate(), requestOf());
    expect(await errorOf(asked)).toMatchObject({ kind: 'outage', usage: SPENT });
  });

  test('whose answer breaks off has not answered, and has used what it said', async () => {
    server.script({ text: 'half of i', finish: null, usage: null });
    const { kind, usage } = await errorOf(asking()(candidate(), requestOf()));
    expect(kind).toBe('outage');
    expect(usage?.input).toBeGreaterThanOrEqual(10);
    expect(usage?.output).toBeGreaterThanOrEqual(3);
  });

  test.each([429, 500, 401])('that answers %s has used nothing', async (status) => {
    server.script({ status });
    expect((await errorOf(asking()(candidate(), requestOf()))).usage).toBeUndefined();
  });

  test.each([true, false])(
    'that hangs is given up after LLM_TIMEOUT, and has read the question (streaming: %s)',
    async (isStream) => {
      server.script({ hangs: 'at once' });
      const error = await errorOf(
        asking({ LLM_TIMEOUT: 0.2, LLM_STREAM: isStream })(candidate(), requestOf()),
      );
      expect(error).toMatchObject({ kind: 'outage', message: 'did not answer within 0.2 s', usage: SPENT });
      expect(error.usage?.output).toBe(0);
    },
  );

  test('is left alone when the task is cancelled in the middle of its answer', async () => {
    server.script({ text: 'as I was saying', hangs: 'after its text', finish: null });
    const cancel = new AbortController();
    const asked = errorOf(
      asking()(candidate(), requestOf({ signal: cancel.signal, onText: () => cancel.abort() })),
    );
    expect(await asked).toMatchObject({ kind: 'cancelled', usage: SPENT });
    expect((await asked).usage?.output).toBeGreaterThan(0);
    await until(() => server.requests[0]?.wasAborted === true);
  });
});

test('a whole URL of chat completions is taken as it is, with its query', async () => {
  const baseUrl = `${server.url}/deep/chat/completions?api-version=2`;
  await asking()(candidateOf('custom', { baseUrl, apiKey: null }), requestOf());
  expect(server.requests[0]).toMatchObject({ path: '/deep/chat/completions?api-version=2' });
  expect(server.requests[0]?.headers.authorization).toBeUndefined();
});
