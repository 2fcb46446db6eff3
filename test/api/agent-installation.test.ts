import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CreatedOrg } from '../../src/api/create-org.js';
import type { Agent } from '../../src/schemas/agent.js';
import { eventually, startMainspring, type TestMainspring } from '../support/mainspring.js';
import { isAlive, isGone } from '../support/process-end.js';

const HOSTILE = 'x"; touch pwned; $(touch pwned) `touch pwned`\nexit 1';
const BUILD_LIMIT_MS = 180_000;

let mainspring: TestMainspring;
let org: CreatedOrg;
let home: string;
beforeAll(async () => {
  const built = spawnSync(process.execPath, ['scripts/build.mjs'], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`the client cannot be built: ${built.stdout}${built.stderr}`);
  mainspring = await startMainspring();
  org = await mainspring.org();
  home = mkdtempSync(join(tmpdir(), 'mainspring-home-'));
}, BUILD_LIMIT_MS);
afterAll(async () => {
  await mainspring.close();
  rmSync(home, { recursive: true, force: true });
});

const regenerate = async (id: string) => {
  const path = `/agents/${id}/credentials/regenerate`;
  const answer = await mainspring.send(path, { token: org.adminToken, method: 'POST' });
  return answer.json<{ secret: string; installScript: string }>();
};

/** An agent of hostile texts, with the script that installs it in a file. */
async function handedOver() {
  const body = {
    name: `${randomUUID()} ${HOSTILE}`,
    settings: { claudeModel: HOSTILE },
    environment: { GREETING: "it's a *nice* day!" },
    heartbeat: { interval: '1s', missedAfter: 3 },
  };
  const made = await mainspring.send('/agents', { token: org.adminToken, body });
  const { id } = made.json<{ agent: Agent }>().agent;
  const folder = join(home, '.mainspring', 'agents', id);
  const file = join(home, `${id}.sh`);
  const { secret, installScript } = await regenerate(id);
  writeFileSync(file, installScript);
  return { id, folder, file, secret };
}

const environment = () => ({ ...process.env, HOME: home, NODE_OPTIONS: '' });
async function install(file: string, ...options: string[]) {
  const child = spawn('bash', [file, ...options], { cwd: home, env: environment() });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const [status] = await once(child, 'exit');
  return { status, output };
}
const pidOf = (folder: string) => Number(readFileSync(join(folder, 'agent.pid'), 'utf8'));
const read = async (id: string) =>
  (await mainspring.send(`/agents/${id}`, { key: org.key })).json<{ agent: Agent }>().agent;
const endsOf = async (id: string) => {
  const page = await mainspring.send(`/agents/${id}/history`, { key: org.key });
  return page.json<{ sessions: { endReason: string | null }[] }>().sessions.map(({ endReason }) => endReason);
};

describe('the installation script', () => {
  test('installs a client that connects and heartbeats; run again, it replaces what runs', async () => {
    const { id, folder, file, secret } = await handedOver();
    const first = await install(file);
    expect(first).toEqual({ status: 0, output: expect.stringContaining('The agent runs') });
    const pid = pidOf(folder);
    expect(isAlive(pid)).toBe(true);
    await eventually(
      () => read(id),
      ({ connection, lastHeartbeatAt }) => connection === 'online' && lastHeartbeatAt !== null,
    );

    expect(statSync(join(folder, '.env')).mode & 0o777).toBe(0o600);
    expect(parseEnv(readFileSync(join(folder, '.env'), 'utf8'))).toMatchObject({
      AIWM_BASE_URL: mainspring.url,
      AIWM_AGENT_SECRET: secret,
      CLAUDE_MODEL: HOSTILE,
      GREETING: "it's a *nice* day!",
    });
    expect(spawnSync('find', [home, '-name', 'pwned'], { encoding: 'utf8' }).stdout).toBe('');

    expect(await install(file)).toMatchObject({ status: 0 });
    expect(await isGone(pid)).toBe(true);
    const again = pidOf(folder);
    expect(isAlive(again)).toBe(true);

    expect(await install(file, '--stop')).toEqual({ status: 0, output: '' });
    expect(await isGone(again)).toBe(true);
    expect(await read(id)).toMatchObject({ connection: 'offline' });
    expect(await endsOf(id)).toEqual(['disconnected', 'disconnected']);
  }, 60_000);

  test('runs in the foreground when asked to, until it is told to end', async () => {
    const { id, file } = await handedOver();
    const child = spawn('bash', [file, '--foreground'], { cwd: home, env: environment() });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    expect((await lines.next()).value).toMatch(/^connected as [0-9a-f-]{36} x/);
    await eventually(
      () => read(id),
      ({ connection }) => connection === 'online',
    );
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(await endsOf(id)).toEqual(['disconnected']);
  });

  test('says so when the secret in it has ended', async () => {
    const { id, file, folder } = await handedOver();
    await regenerate(id);
    const { status, output } = await install(file);
    expect(status).toBe(1);
    expect(output).toContain('cannot connect');
    expect(() => pidOf(folder)).toThrow('ENOENT');
  });

  test('touches nothing that runs when the server cannot be reached', async () => {
    const { file, folder } = await handedOver();
    expect(await install(file)).toMatchObject({ status: 0 });
    const pid = pidOf(folder);
    const script = readFileSync(file, 'utf8').replaceAll(mainspring.url, 'http://127.0.0.1:1');
    writeFileSync(`${file}.away`, script.replace('--retry 3', '--retry 0'));
    const { status, output } = await install(`${file}.away`);
    expect([status, output]).toEqual([1, expect.stringContaining('cannot be loaded')]);
    expect(isAlive(pid)).toBe(true);
    expect(await install(file, '--stop')).toMatchObject({ status: 0 });
  });
});

describe('the client’s modules', () => {
  test('are open to everybody, and nothing else of the folder is', async () => {
    const list = await mainspring.send('/client/files.txt');
    const names = list.text.trim().split('\n');
    expect(names).toContain('index.js');
    for (const name of names) {
      const file = await mainspring.send(`/client/${name}`);
      expect([name, file.status]).toEqual([name, 200]);
      expect(file.headers.get('content-type')).toContain('text/javascript');
    }
    const others = [
      'index.d.ts',
      'index.js.map',
      '..%2fmain.js',
      '%2e%2e%2fapi%2fstart.js',
      '../package.json',
    ];
    for (const name of others) expect((await mainspring.send(`/client/${name}`)).status).toBe(404);
  });
});
