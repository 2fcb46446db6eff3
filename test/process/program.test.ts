import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePort } from '../../src/engine/port.js';
import { isAlive, isGone } from '../support/process-end.js';

const hooks = pathToFileURL(resolve('test/support/typescript.mjs')).href;
const startLimitMs = 60_000;
let folder = '';
let env: Record<string, string> = {};
const children: ChildProcess[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mainspring-program-'));
  const [PORT, TEMPORAL_PORT, TEMPORAL_UI_PORT] = await Promise.all([freePort(), freePort(), freePort()]);
  env = {
    ...{
      PORT: String(PORT),
      TEMPORAL_PORT: String(TEMPORAL_PORT),
      TEMPORAL_UI_PORT: String(TEMPORAL_UI_PORT),
    },
    ...{ DATA_DIR: folder, LOG_LEVEL: 'warn' },
    // Where the run's own server keeps the CLI: none is to be built for this folder.
    PATH: `${resolve('.mainspring/bin')}:${process.env.PATH}`,
  };
});
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

interface Program {
  child: ChildProcess;
  output: () => string;
  /** Until it prints what is where, or ends. */
  isUp: () => Promise<boolean>;
  exitCode: () => Promise<number | null>;
}

function run(entry: string, more: Record<string, string> = {}): Program {
  const args = ['--no-warnings', '--import', hooks, resolve(entry)];
  const child = spawn(process.execPath, args, { env: { ...process.env, NODE_OPTIONS: '', ...env, ...more } });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  const exited = once(child, 'exit');
  return {
    child,
    output: () => output,
    async isUp() {
      while (child.exitCode === null && !output.includes('Temporal Web UI')) await sleep(50);
      return child.exitCode === null;
    },
    exitCode: async () => (await exited)[0],
  };
}

const serverPid = (): number => JSON.parse(readFileSync(join(folder, 'temporal.json'), 'utf8')).server.pid;
const answers = () => fetch(`http://127.0.0.1:${env.PORT}/livez`).then((response) => response.ok);

test(
  'one process is all of Mainspring, a killed one is followed by the next, and SIGTERM stops it all',
  async () => {
    const first = run('src/main.ts');
    expect([await first.isUp(), first.output()]).toEqual([true, expect.stringContaining('survives kill -9')]);
    expect(await answers()).toBe(true);
    const server = serverPid();
    first.child.kill('SIGKILL');
    await first.exitCode();
    expect(isAlive(server)).toBe(true);

    const second = run('src/main.ts');
    expect([await second.isUp(), serverPid()]).toEqual([true, server]);
    const third = run('src/main.ts');
    expect(await third.exitCode()).toBe(1);
    expect(third.output()).toMatch(
      /^Mainspring cannot run: the database folder .* is in use by process \d+ .*\n$/,
    );
    expect(await answers()).toBe(true);

    // As npm and a terminal do: the same word twice.
    second.child.kill('SIGINT');
    second.child.kill('SIGINT');
    expect(await second.exitCode()).toBe(0);
    expect(await isGone(server)).toBe(true);
  },
  3 * startLimitMs,
);

test(
  'a port that is taken is one sentence, and leaves nothing running',
  async () => {
    const other = createServer().listen(Number(env.PORT), '127.0.0.1');
    const program = run('src/main.ts');
    expect(await program.exitCode()).toBe(1);
    expect(program.output()).toMatch(
      /^Mainspring cannot run: .*\d+ is taken by another program; set PORT .*\n$/,
    );
    other.close();
  },
  startLimitMs,
);

test(
  'a flaw in what is declared ends the start, with file, line and field',
  async () => {
    const file = join(folder, 'declared.yaml');
    writeFileSync(file, 'heartbeats:\n  - agent_name: AdminAgent\n    cron_expression: 0 0 9 * * *\n');
    const program = run('src/main.ts', { MAINSPRING_CONFIG: file });
    expect(await program.exitCode()).toBe(1);
    expect(program.output()).toContain(`${file}:3: heartbeats.0.cron_expression: has five fields`);
    expect(program.output()).not.toContain('    at ');
  },
  startLimitMs,
);

test(
  'API and workers apart need a database that they can share',
  async () => {
    for (const entry of ['src/api/main.ts', 'src/worker/main.ts']) {
      const program = run(entry);
      expect(await program.exitCode()).toBe(1);
      expect(program.output()).toContain('DATABASE_URL: must name a PostgreSQL server');
    }
  },
  startLimitMs,
);

test('settings that are wrong are all told, without a stack', async () => {
  const program = run('src/main.ts', { PORT: 'x', LOG_LEVEL: 'loud' });
  expect(await program.exitCode()).toBe(1);
  expect(program.output()).toMatch(/PORT: .*\n.*LOG_LEVEL: /);
  expect(program.output()).not.toContain('    at ');
});
