import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  AIWMClient,
  type AIWMCommand,
  type AIWMOptions,
  type AIWMState,
  MainspringError,
} from '../../src/client/index.js';
import { closedPort } from '../support/receiver.js';
import { until } from '../support/until.js';
import { type FakeServer, hangUp, json, openFakeServer, problem } from './fake-server.js';

const CONNECT = 'POST /agents/a1/connect';
const HEARTBEAT = 'POST /agents/a1/heartbeat';
const CONFIG = 'GET /agents/a1/config';
const REFRESH = 'POST /agents/a1/token/refresh';
const DISCONNECT = 'POST /agents/a1/disconnect';
const SECRET = 'mas_the-secret';

const config = (over: object = {}) => ({
  instruction: 'Be helpful.',
  tools: [{ _id: 't1', name: 'read-file', description: '', schema: { input: {} } }],
  agent: { id: 'a1', name: 'An agent', orgId: 'o1' },
  settings: { claudeModel: 'haiku' },
  configVersion: 1,
  ...over,
});
const connected = (over: object = {}) =>
  json(200, {
    token: 'token-1',
    expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
    ...config(),
    ...over,
  });
const beaten = (over: object = {}) =>
  json(200, { success: true, configVersion: 1, lifecycle: 'running', ...over });

let server: FakeServer;
let clients: AIWMClient[];
function client(options: AIWMOptions<true> = {}): AIWMClient<true> {
  const made = new AIWMClient<true>({
    enabled: true,
    baseUrl: server.url,
    agentId: 'a1',
    agentSecret: SECRET,
    ...options,
  });
  clients.push(made);
  return made;
}
const beats = () => server.bodies(HEARTBEAT);
const failureOf = (promise: Promise<unknown>): Promise<MainspringError> =>
  promise.then(
    () => Promise.reject(new Error('it did not fail')),
    (error) => error,
  );

beforeEach(async () => {
  clients = [];
  server = await openFakeServer();
  server.on(CONNECT, connected());
  server.on(HEARTBEAT, beaten());
  server.on(DISCONNECT, json(204));
});
afterEach(async () => {
  await Promise.all(clients.map((one) => one.disconnect()));
  await server.close();
});

test('the shortest program there is connects, reads its configuration and heartbeats', async () => {
  const aiwm = new AIWMClient({
    enabled: true,
    baseUrl: server.url,
    agentId: 'a1',
    agentSecret: SECRET,
  });
  const config = await aiwm.connect();
  const read = { instruction: config.instruction, tools: config.tools.map((t) => t.name) };
  aiwm.startHeartbeat(60000);
  await until(() => beats().length === 1);
  await aiwm.disconnect();
  expect(read).toEqual({ instruction: 'Be helpful.', tools: ['read-file'] });
});

describe('connecting', () => {
  test('shows the secret and the context, and nothing else', async () => {
    const aiwm = client();
    expect(await aiwm.connect({ context: 'support' })).toMatchObject({ token: 'token-1', configVersion: 1 });
    expect(server.bodies(CONNECT)).toEqual([{ secret: SECRET, context: 'support' }]);
    expect(server.received[0]?.headers.authorization).toBeUndefined();
    expect(aiwm.state).toBe('connected');
    expect(aiwm.config).toEqual(config());
  });

  test('goes on while the server is away, busy or not ready, for a bounded time', async () => {
    server.on(
      CONNECT,
      hangUp,
      problem(503, 'unavailable'),
      problem(429, 'rate_limited', { 'retry-after': '1' }),
      connected(),
    );
    await client().connect();
    const [, , third, fourth] = server.received;
    expect((fourth?.at ?? 0) - (third?.at ?? 0)).toBeGreaterThanOrEqual(990);
    server.on(CONNECT, problem(503, 'unavailable'));
    expect(await failureOf(client({ retries: 1 }).connect())).toMatchObject({ code: 'unavailable' });
    expect(server.received).toHaveLength(6);
  });

  test.each([
    [401, 'unauthorized', 'refused'],
    [404, 'not_found', 'refused'],
    [403, 'agent_suspended', 'suspended'],
  ])('a refusal is final: %i %s', async (status, code, state) => {
    server.on(CONNECT, problem(status, code));
    const aiwm = client();
    const failure = await failureOf(aiwm.connect());
    expect(failure).toBeInstanceOf(MainspringError);
    expect(failure).toMatchObject({ status, code });
    expect(aiwm.state).toBe(state);
    expect(server.received).toHaveLength(1);
  });

  test('ends when the client is disconnected meanwhile', async () => {
    server.on(CONNECT, problem(503, 'unavailable', { 'retry-after': '30' }));
    const aiwm = client();
    const failure = failureOf(aiwm.connect());
    await until(() => server.received.length === 1);
    await aiwm.disconnect();
    expect(await failure).toMatchObject({ name: 'AbortError' });
  });

  test('a request that takes too long counts as no answer', async () => {
    server.on(CONNECT, () => undefined);
    const failure = await failureOf(client({ timeoutMs: 50, retries: 0 }).connect());
    expect(failure).toMatchObject({ code: 'unreachable' });
  });
});

describe('a disabled client', () => {
  test('does nothing at all', async () => {
    const aiwm = new AIWMClient({ enabled: false, baseUrl: server.url });
    expect(await aiwm.connect()).toBeNull();
    aiwm.startHeartbeat(10);
    aiwm.recordOutcome(true);
    aiwm.setStatus('busy');
    await aiwm.disconnect();
    expect(server.received).toHaveLength(0);
  });

  test('one that is not disabled needs an agent and its secret', () => {
    expect(() => new AIWMClient({ agentId: '' })).toThrow(/agentId is missing.*AIWM_AGENT_ID/);
    expect(() => new AIWMClient({ agentId: 'a1' })).toThrow(/AIWM_AGENT_SECRET/);
  });
});

describe('heartbeats', () => {
  test('carry status, metrics and what was counted; the next one begins at nothing', async () => {
    const aiwm = client({ metrics: async () => ({ cpu: 45, memory: Number.NaN }) });
    await aiwm.connect();
    aiwm.setStatus('busy');
    aiwm.recordToolUse('read-file', true);
    aiwm.recordToolUse('read-file', false);
    aiwm.recordOutcome(true);
    aiwm.startHeartbeat(30);
    await until(() => beats().length === 2);
    expect(beats()).toEqual([
      {
        status: 'busy',
        metrics: { cpu: 45 },
        toolUse: { 'read-file': { succeeded: 1, failed: 1 } },
        outcomes: { succeeded: 1, failed: 0 },
      },
      { status: 'busy', metrics: { cpu: 45 } },
    ]);
    const sent = server.received.find(({ url }) => url.endsWith('/heartbeat'));
    expect(sent?.headers.authorization).toBe('Bearer token-1');
  });

  test('what one could not deliver goes out with the next', async () => {
    server.on(HEARTBEAT, hangUp, problem(503, 'unavailable'), beaten());
    const states: AIWMState[] = [];
    const aiwm = client({ onState: (state) => states.push(state) });
    await aiwm.connect();
    aiwm.recordToolUse('read-file', true);
    aiwm.startHeartbeat(20);
    await until(() => beats().length >= 2);
    aiwm.recordToolUse('read-file', true);
    await until(() => beats().length >= 3);
    expect(beats()[2]).toEqual({ status: 'online', toolUse: { 'read-file': { succeeded: 2, failed: 0 } } });
    await until(() => states.length === 3);
    expect(states).toEqual(['connected', 'away', 'connected']);
  });

  test('never overlap, however slow the server', async () => {
    let under = 0;
    let most = 0;
    server.on(HEARTBEAT, (response, received) => {
      most = Math.max(most, ++under);
      setTimeout(() => {
        under--;
        beaten()(response, received);
      }, 60);
    });
    const aiwm = client();
    await aiwm.connect();
    aiwm.startHeartbeat(5);
    aiwm.startHeartbeat(5);
    await until(() => beats().length >= 4);
    expect(most).toBe(1);
  });

  test('callbacks and metrics that fail or hang stop nothing', async () => {
    server.on(CONFIG, json(200, config({ configVersion: 2 })));
    server.on(HEARTBEAT, beaten({ configVersion: 2, commands: ['pause'] }));
    const fail = () => {
      throw new Error('a bug');
    };
    const hang = new Promise<never>(() => undefined);
    const aiwm = client({ metrics: fail, onConfigChange: () => hang, onCommand: fail, onState: fail });
    await aiwm.connect();
    aiwm.startHeartbeat(20);
    await until(() => beats().length >= 3);
    expect(beats()[0]).toEqual({ status: 'online' });
  });

  test('metrics that the server refuses do not make the agent look silent', async () => {
    server.on(HEARTBEAT, problem(422, 'invalid'), beaten());
    const failures: number[] = [];
    const aiwm = client({ metrics: () => ({ cpu: 1 }), onError: ({ status }) => failures.push(status) });
    await aiwm.connect();
    aiwm.startHeartbeat(60_000);
    await until(() => beats().length === 2);
    expect(beats()[1]).toEqual({ status: 'online' });
    expect(failures).toEqual([422]);
  });

  test('without a connection the first one makes it', async () => {
    const aiwm = client();
    aiwm.startHeartbeat();
    await until(() => beats().length === 1);
    expect(aiwm.config?.instruction).toBe('Be helpful.');
  });
});

describe('the token', () => {
  test('that is refused is replaced by connecting again, and the heartbeat goes out', async () => {
    server.on(HEARTBEAT, problem(401, 'unauthorized'), beaten());
    server.on(CONNECT, connected(), connected({ token: 'token-2' }));
    const aiwm = client();
    await aiwm.connect();
    aiwm.startHeartbeat(60_000);
    await until(() => beats().length === 2);
    const sent = server.received.filter(({ url }) => url.endsWith('/heartbeat'));
    expect(sent.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-1', 'Bearer token-2']);
    expect(aiwm.state).toBe('connected');
  });

  test('is refreshed when a twenty-fourth of its life is left', async () => {
    const startedAt = Date.now();
    const lifeMs = 2_400;
    server.on(CONNECT, connected({ expiresAt: new Date(startedAt + lifeMs).toISOString() }));
    const expiresAt = new Date(startedAt + 86_400_000).toISOString();
    server.on(REFRESH, json(200, { token: 'token-2', expiresAt }));
    const aiwm = client();
    await aiwm.connect();
    await until(() => server.bodies(REFRESH).length === 1);
    const passed = (server.received.at(-1)?.at ?? 0) - startedAt;
    expect(passed).toBeGreaterThanOrEqual(2_290);
    expect(passed).toBeLessThan(lifeMs);
    await aiwm.disconnect();
    expect(server.received.at(-1)?.headers.authorization).toBe('Bearer token-2');
  });

  test('of a suspended agent is tried again slowly, until somebody activates it', async () => {
    server.on(HEARTBEAT, problem(403, 'agent_suspended'), problem(403, 'agent_suspended'), beaten());
    const states: AIWMState[] = [];
    const aiwm = client({ slowRetryMs: 100, onState: (state) => states.push(state) });
    await aiwm.connect();
    const startedAt = Date.now();
    aiwm.startHeartbeat(5);
    await until(() => states.length === 3);
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(190);
    expect(states).toEqual(['connected', 'suspended', 'connected']);
  });

  test('and secret that are both refused are told once', async () => {
    server.on(HEARTBEAT, problem(401, 'unauthorized'));
    server.on(CONNECT, connected(), problem(401, 'unauthorized'));
    const states: AIWMState[] = [];
    const aiwm = client({ slowRetryMs: 20, onState: (state) => states.push(state) });
    await aiwm.connect();
    aiwm.startHeartbeat(5);
    await until(() => server.bodies(CONNECT).length >= 4);
    expect(states).toEqual(['connected', 'refused']);
  });
});

describe('what the server wants', () => {
  test('a changed configuration is read and told once', async () => {
    const seen: string[] = [];
    server.on(CONFIG, json(200, config({ configVersion: 2, instruction: 'Be brief.' })));
    server.on(HEARTBEAT, beaten(), beaten({ configVersion: 2 }));
    const aiwm = client({ onConfigChange: ({ instruction }) => seen.push(instruction) });
    await aiwm.connect();
    aiwm.startHeartbeat(20);
    await until(() => beats().length >= 5);
    expect(seen).toEqual(['Be brief.']);
    expect(aiwm.config?.configVersion).toBe(2);
  });

  test('a configuration that cannot be read is read after the next heartbeat', async () => {
    server.on(CONFIG, problem(503, 'unavailable'), json(200, config({ configVersion: 2 })));
    server.on(HEARTBEAT, beaten({ configVersion: 2 }));
    const aiwm = client();
    await aiwm.connect();
    aiwm.startHeartbeat(20);
    await until(() => aiwm.config?.configVersion === 2);
    expect(server.bodies(CONFIG)).toHaveLength(2);
  });

  test('each command is told once, and its end as resume', async () => {
    const seen: AIWMCommand[] = [];
    const pause = beaten({ lifecycle: 'paused', commands: ['pause'] });
    const stop = beaten({ lifecycle: 'stopped', commands: ['stop'] });
    server.on(HEARTBEAT, beaten(), pause, pause, beaten(), beaten({ commands: [] }), stop);
    const aiwm = client({ onCommand: (command) => seen.push(command) });
    await aiwm.connect();
    aiwm.startHeartbeat(10);
    await until(() => beats().length >= 8);
    expect(seen).toEqual(['pause', 'resume', 'stop']);
  });
});

describe('the last configuration', () => {
  const memory = (text: string | null = null) => {
    const kept = { text };
    const set = (next: string) => {
      kept.text = next;
    };
    return { kept, cache: { get: () => kept.text, set } };
  };

  test('is kept without the token', async () => {
    const { kept, cache } = memory();
    await client({ cache }).connect();
    await until(() => kept.text !== null);
    expect(JSON.parse(kept.text ?? '')).toEqual(config());
  });

  test('is answered while the server is away; heartbeats connect when it is back', async () => {
    const port = await closedPort();
    const { cache } = memory(JSON.stringify(config({ instruction: 'As yesterday.' })));
    const seen: string[] = [];
    const aiwm = client({
      baseUrl: `http://127.0.0.1:${port}`,
      cache,
      onConfigChange: ({ instruction }) => seen.push(instruction),
    });
    const known = await aiwm.connect({ allowCached: true });
    expect(known).toMatchObject({ instruction: 'As yesterday.', token: null });
    aiwm.startHeartbeat(30);
    const late = await openFakeServer(port);
    late.on(CONNECT, connected({ configVersion: 2, instruction: 'As today.' }));
    late.on(HEARTBEAT, beaten({ configVersion: 2 }));
    late.on(DISCONNECT, json(204));
    await until(() => late.bodies(HEARTBEAT).length > 0);
    expect(seen).toEqual(['As today.']);
    await aiwm.disconnect();
    await late.close();
  });

  test.each([
    ['of another agent', JSON.stringify(config({ agent: { id: 'a2', name: 'Another', orgId: 'o1' } }))],
    ['that is torn', '{"instr'],
  ])('%s is none', async (_, text) => {
    server.on(CONNECT, problem(503, 'unavailable'));
    const aiwm = client({ retries: 0, cache: memory(text).cache });
    expect(await failureOf(aiwm.connect({ allowCached: true }))).toMatchObject({ code: 'unavailable' });
  });

  test('does not stand for a refusal', async () => {
    server.on(CONNECT, problem(401, 'unauthorized'));
    const aiwm = client({ cache: memory(JSON.stringify(config())).cache });
    expect(await failureOf(aiwm.connect({ allowCached: true }))).toMatchObject({ status: 401 });
  });
});

describe('disconnecting', () => {
  test('tells what was counted and that it leaves, and then is silent', async () => {
    const aiwm = client();
    await aiwm.connect();
    aiwm.startHeartbeat(10_000);
    await until(() => beats().length === 1);
    aiwm.recordOutcome(false);
    await aiwm.disconnect();
    expect(beats()[1]).toEqual({ status: 'online', outcomes: { succeeded: 0, failed: 1 } });
    expect(server.bodies(DISCONNECT)).toHaveLength(1);
    expect(aiwm.state).toBe('disconnected');
    await aiwm.disconnect();
    expect(server.bodies(DISCONNECT)).toHaveLength(1);
  });

  test('works while the server is away, and connecting begins anew', async () => {
    server.on(DISCONNECT, hangUp);
    const aiwm = client();
    await aiwm.connect();
    await aiwm.disconnect();
    await aiwm.connect();
    aiwm.startHeartbeat(10_000);
    await until(() => beats().length === 1);
  });
});
