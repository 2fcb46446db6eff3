import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { completeAiwmOptions, isEnabled } from '../../src/client/aiwm/aiwm-options.js';
import { debug } from '../../src/client/aiwm/debug.js';
import { AIWMClient } from '../../src/client/index.js';
import { type FakeServer, json, openFakeServer, problem } from './fake-server.js';

const before = { ...process.env };
let server: FakeServer;
let lines: string[];

beforeEach(async () => {
  server = await openFakeServer();
  lines = [];
  jest.spyOn(process.stderr, 'write').mockImplementation((line) => {
    lines.push(String(line));
    return true;
  });
});
afterEach(async () => {
  jest.restoreAllMocks();
  process.env = { ...before };
  await server.close();
});

test('what is left out is read from the environment', () => {
  Object.assign(process.env, {
    AIWM_BASE_URL: 'https://a.example/',
    AIWM_AGENT_ID: 'a1',
    AIWM_AGENT_SECRET: 'mas_1',
  });
  expect(completeAiwmOptions({})).toMatchObject({
    baseUrl: 'https://a.example',
    agentId: 'a1',
    agentSecret: 'mas_1',
  });
  expect(completeAiwmOptions({ agentId: 'a2' }).agentId).toBe('a2');
  process.env.AIWM_BASE_URL = '';
  expect(completeAiwmOptions({}).baseUrl).toBe('http://localhost:3000');
});

test.each([
  ['false', false],
  ['0', false],
  ['No', false],
  ['true', true],
  ['', true],
])('AIWM_ENABLED=%s', (value, expected) => {
  process.env.AIWM_ENABLED = value;
  expect(isEnabled({})).toBe(expected);
  expect(isEnabled({ enabled: !expected })).toBe(!expected);
});

test('DEBUG is read at every call', () => {
  const said = (value: string) => {
    lines = [];
    process.env.DEBUG = value;
    debug('heartbeat', 'sent', { status: 'online' });
    return lines.length > 0;
  };
  expect(said('')).toBe(false);
  expect(said('aiwm:*')).toBe(true);
  expect(lines[0]).toMatch(/^\S+Z aiwm:heartbeat sent \{"status":"online"\}\n$/);
  expect(said('other,aiwm:heartbeat')).toBe(true);
  expect(said('aiwm:connect')).toBe(false);
  expect(said('*')).toBe(true);
  expect(said('aiwm:* -aiwm:heartbeat')).toBe(false);
  expect(said('aiwm.heartbeat')).toBe(false);
});

test('debug lines hold no secret and no token', async () => {
  process.env.DEBUG = 'aiwm:*';
  const answer = {
    token: 'the-token',
    expiresAt: new Date(Date.now() + 60_000).toISOString(),
    instruction: 'the-instruction',
    tools: [],
    agent: { id: 'a1', name: 'a', orgId: 'o' },
    settings: { discord: { token: 'the-bot' } },
    configVersion: 1,
  };
  server.on('POST /agents/a1/connect', problem(503, 'unavailable'), json(200, answer));
  server.on('POST /agents/a1/disconnect', json(204));
  const options = { baseUrl: server.url, agentId: 'a1', agentSecret: 'the-secret', fetch };
  const aiwm = new AIWMClient({ enabled: true, ...options });
  await aiwm.connect();
  aiwm.startHeartbeat(60_000);
  await aiwm.disconnect();
  const text = lines.join('');
  expect(text).toMatch(/aiwm:connect failed.*503/);
  expect(text).toMatch(/aiwm:connect connected/);
  expect(text).not.toMatch(/the-/);
});

async function runProgram(source: string, ...args: string[]): Promise<unknown> {
  const flags = ['--import', './test/support/typescript.mjs', '--input-type=module', '-e', source];
  const child = spawn(process.execPath, [...flags, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 20_000,
  });
  const [code] = await once(child, 'exit');
  return code;
}

test('a program whose client is unref is not kept from ending', async () => {
  const source = `
    import { Loop } from './src/client/aiwm/loop.ts';
    new Loop(async () => 60_000, { isUnref: true }).start(60_000);
  `;
  expect(await runProgram(source)).toBe(0);
});

test('no process is needed, as there is none in a browser', async () => {
  const expiresAt = new Date(Date.now() + 60_000).toISOString();
  const answer = { token: 't', expiresAt, tools: [], agent: { id: 'a1' }, settings: {}, configVersion: 1 };
  server.on('POST /agents/a1/connect', json(200, answer));
  server.on('POST /agents/a1/heartbeat', json(200, { success: true, configVersion: 1 }));
  server.on('POST /agents/a1/disconnect', json(204));
  const source = `
    const [baseUrl] = process.argv.slice(-1);
    const { AIWMClient, MainspringClient } = await import('./src/client/index.ts');
    // Node's own fetch needs Buffer, and takes the others when it is first called.
    await fetch(baseUrl);
    for (const name of ['process', 'setImmediate']) delete globalThis[name];
    new MainspringClient();
    const aiwm = new AIWMClient({ enabled: true, baseUrl, agentId: 'a1', agentSecret: 's' });
    await aiwm.connect();
    aiwm.startHeartbeat();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await aiwm.disconnect();
  `;
  expect(await runProgram(source, server.url)).toBe(0);
  expect(server.received.map(({ url }) => url.split('/').at(-1))).toEqual([
    '',
    'connect',
    'heartbeat',
    'disconnect',
  ]);
});
