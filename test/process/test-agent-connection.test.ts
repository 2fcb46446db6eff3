import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CreatedOrg } from '../../src/api/create-org.js';
import type { Agent } from '../../src/schemas/agent.js';
import { startMainspring, type TestMainspring } from '../support/mainspring.js';

const SCRIPT = 'scripts/test-agent-connection.sh';
const WRONG_SECRET = 'wr"o\\n&g $(touch pwned)';

let mainspring: TestMainspring;
let org: CreatedOrg;
let folder: string;
beforeAll(async () => {
  mainspring = await startMainspring();
  org = await mainspring.org();
  folder = mkdtempSync(join(tmpdir(), 'mainspring-connection-'));
});
afterAll(async () => {
  await mainspring.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Credentials {
  secret: string;
  envConfig: string;
}
async function anAgent() {
  const token = org.adminToken;
  const made = await mainspring.send('/agents', { token, body: { name: randomUUID() } });
  const { id } = made.json<{ agent: Agent }>().agent;
  const path = `/agents/${id}/credentials/regenerate`;
  const { secret, envConfig } = (await mainspring.send(path, { token, method: 'POST' })).json<Credentials>();
  return { id, secret, envConfig, env: { AIWM_AGENT_ID: id, AIWM_AGENT_SECRET: secret } };
}
const read = async (id: string) =>
  (await mainspring.send(`/agents/${id}`, { key: org.key })).json<{ agent: Agent }>().agent;
const names = async () =>
  (await mainspring.send('/agents', { key: org.key }))
    .json<{ agents: Agent[] }>()
    .agents.map(({ name }) => name);

function start(env: Record<string, string>, options: string[] = []) {
  const { PATH = '' } = process.env;
  const base = { PATH, AIWM_BASE_URL: mainspring.url };
  return spawn('bash', [SCRIPT, ...options], { env: { ...base, ...env }, stdio: 'pipe' });
}
async function ended(child: ChildProcess) {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
  const [status] = await once(child, 'close');
  return { status, output, lines: output.trim().split('\n') };
}
const run = (env: Record<string, string>, ...options: string[]) => ended(start(env, options));

const STEPS = [
  'PASS the server can be reached',
  'PASS connecting answers a token, an instruction and tools',
  'PASS a wrong secret is refused',
  'PASS a heartbeat is taken',
  'PASS the configuration can be read',
  'PASS the token can be refreshed',
  'PASS the agent disconnects',
];
const SECRET_LIKE = /mas_|eyJ/;

describe('the test of a connection', () => {
  test('passes for an agent that can connect, and disconnects it', async () => {
    const { id, env } = await anAgent();
    const { status, output, lines } = await run(env);
    expect([lines, status]).toEqual([[...STEPS, '7 passed, 0 failed'], 0]);
    expect(output).not.toMatch(SECRET_LIKE);
    expect(await read(id)).toMatchObject({ connection: 'offline', lifecycle: 'running' });
  });

  test('takes the credentials of a .env, and leaves the agent connected when asked to', async () => {
    const { id, envConfig } = await anAgent();
    const file = join(folder, '.env');
    writeFileSync(file, envConfig);
    const away = { AIWM_BASE_URL: 'http://127.0.0.1:1', AIWM_AGENT_ID: 'another' };
    const { status, lines } = await run(away, '--env-file', file, '--keep');
    expect([lines, status]).toEqual([[...STEPS.slice(0, -1), '6 passed, 0 failed'], 0]);
    expect(await read(id)).toMatchObject({ connection: 'online' });
  });

  test('with an admin token alone makes an agent, which is gone afterwards', async () => {
    const before = await names();
    const { status, output, lines } = await run({ MAINSPRING_ADMIN_TOKEN: org.adminToken });
    const [reachable, ...rest] = STEPS;
    const made = ['PASS an agent is made for the test', 'PASS its credentials are made'];
    const gone = 'PASS the agent of the test is deleted';
    expect([lines, status]).toEqual([[reachable, ...made, ...rest, gone, '10 passed, 0 failed'], 0]);
    expect(output).not.toMatch(SECRET_LIKE);
    expect(output).not.toContain(org.adminToken);
    expect(await names()).toEqual(before);
  });

  test('leaves no agent behind when it is interrupted', async () => {
    const before = await names();
    const child = start({ MAINSPRING_ADMIN_TOKEN: org.adminToken });
    child.stdout.on('data', (chunk) => {
      if (String(chunk).includes('its credentials are made')) child.kill('SIGTERM');
    });
    const { status, output } = await ended(child);
    expect([status, output]).toEqual([143, expect.stringContaining('PASS the agent of the test is deleted')]);
    expect(await names()).toEqual(before);
  });
});

describe('what is wrong is said:', () => {
  test('a wrong secret, which is never printed', async () => {
    const { env } = await anAgent();
    const { status, output, lines } = await run({ ...env, AIWM_AGENT_SECRET: WRONG_SECRET });
    expect(lines[1]).toBe(
      'FAIL connecting answers a token, an instruction and tools: 401: verify the credentials, or regenerate them',
    );
    expect([lines.at(-1), status]).toEqual(['2 passed, 5 failed', 1]);
    expect(output).not.toContain(WRONG_SECRET);
    expect(output).not.toContain(env.AIWM_AGENT_SECRET);
  });

  test('an agent that is not there, or is suspended', async () => {
    const { id, env } = await anAgent();
    const missing = await run({ ...env, AIWM_AGENT_ID: randomUUID() });
    expect([missing.lines[1], missing.status]).toEqual([
      expect.stringMatching(/: 404: there is no such agent here$/),
      1,
    ]);
    await mainspring.send(`/agents/${id}/suspend`, { token: org.adminToken, method: 'POST' });
    const suspended = await run(env);
    expect([suspended.lines[1], suspended.status]).toEqual([
      expect.stringMatching(/: 403: the agent is suspended: an administrator activates it$/),
      1,
    ]);
  });

  test('no server, and one that is not Mainspring', async () => {
    const { env } = await anAgent();
    const away = await run({ ...env, AIWM_BASE_URL: 'http://127.0.0.1:1' });
    expect([away.lines[0], away.lines.at(-1), away.status]).toEqual([
      expect.stringMatching(/no answer .*: is AIWM_BASE_URL right, and does the server run\?$/),
      '0 passed, 7 failed',
      1,
    ]);
    const other = createServer((_, answer) => answer.end('"hello"')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const elsewhere = await run({ ...env, AIWM_BASE_URL: `http://127.0.0.1:${port}/` });
    other.close();
    expect([elsewhere.lines.at(-1), elsewhere.status]).toEqual(['0 passed, 7 failed', 1]);
  });

  test('an admin token that is wrong', async () => {
    const { status, output, lines } = await run({ MAINSPRING_ADMIN_TOKEN: 'not-a-token' });
    expect([lines[1], status]).toEqual([expect.stringContaining('401: MAINSPRING_ADMIN_TOKEN is wrong'), 1]);
    expect(output).not.toContain('not-a-token');
  });

  test.each<[Record<string, string>, string[]]>([
    [{}, []],
    [{ AIWM_AGENT_ID: 'a' }, []],
    [{ AIWM_AGENT_ID: 'a/../b', AIWM_AGENT_SECRET: 's' }, []],
    [{ AIWM_AGENT_ID: 'a', AIWM_AGENT_SECRET: 's\nurl = x' }, []],
    [{ AIWM_AGENT_ID: 'a', AIWM_AGENT_SECRET: 's', AIWM_BASE_URL: 'file:///etc/passwd' }, []],
    [{ AIWM_AGENT_ID: 'a', AIWM_AGENT_SECRET: 's' }, ['--nothing']],
    [{ MAINSPRING_ADMIN_TOKEN: 'x' }, ['--keep']],
    [{}, ['--env-file']],
    [{}, ['--env-file', '/nowhere']],
  ])('wrong usage, with exit code 2: %j %j', async (env, options) => {
    const { status, output } = await run(env, ...options);
    expect([status, output]).toEqual([2, expect.stringContaining('Usage: ')]);
  });
});
