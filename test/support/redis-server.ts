import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, test } from '@jest/globals';
import { createClient } from '@redis/client';
import { freePort } from '../../src/engine/port.js';

const START_LIMIT_MS = 10_000;

/** A private Redis server on a loopback port, with its data in a temporary folder. */
export interface RedisServer {
  url: string;
  port: number;
  /** Ends it as kill -9 does. What it was told stays in its log. */
  kill(): Promise<void>;
  /** Runs it again on its data and port. */
  start(): Promise<void>;
  signal(name: NodeJS.Signals): void;
  stop(): Promise<void>;
}

async function untilAnswering(url: string, server: ChildProcess): Promise<void> {
  for (const end = Date.now() + START_LIMIT_MS; Date.now() < end; await delay(20)) {
    if (server.exitCode !== null) break;
    const client = createClient({ url, socket: { reconnectStrategy: false } });
    client.on('error', () => undefined);
    const isUp = await client
      .connect()
      .then(() => client.ping())
      .then(
        () => true,
        () => false,
      );
    client.destroy();
    if (isUp) return;
  }
  throw new Error('Redis did not start');
}

export async function startRedis(): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'mainspring-redis-'));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  const settings = {
    port,
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    appendonly: 'yes',
    appendfsync: 'always',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const launch = () => spawn('redis-server', args, { stdio: 'ignore' });
  let server = launch();
  await untilAnswering(url, server);
  const end = async (name: NodeJS.Signals) => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill(name);
    await exited;
  };
  return {
    url,
    port,
    kill: () => end('SIGKILL'),
    async start() {
      server = launch();
      await untilAnswering(url, server);
    },
    signal: (name) => void server.kill(name),
    async stop() {
      await end('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Tests on a Redis server; left out where none is installed, as the beginning of a run says. */
export function describeRedis(name: string, tests: () => void): void {
  if (process.env.MAINSPRING_TEST_REDIS === 'installed') describe(name, tests);
  else describe(name, () => test('is left out: redis-server is not installed', () => undefined));
}
