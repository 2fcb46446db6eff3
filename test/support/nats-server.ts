import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, test } from '@jest/globals';
import { connect } from '@nats-io/transport-node';
import { freePort } from '../../src/engine/port.js';

const START_LIMIT_MS = 10_000;

/** A private NATS server with JetStream on a loopback port, with its data in a temporary folder. */
export interface NatsServer {
  url: string;
  /** Ends it as kill -9 does. */
  kill(): Promise<void>;
  /** Runs it again on its data and port. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

async function untilAnswering(url: string, server: ChildProcess): Promise<void> {
  for (const end = Date.now() + START_LIMIT_MS; Date.now() < end; await delay(20)) {
    if (server.exitCode !== null) break;
    const connection = await connect({ servers: url, reconnect: false }).catch(() => null);
    if (!connection) continue;
    await connection.close();
    return;
  }
  throw new Error('NATS did not start');
}

export async function startNats(): Promise<NatsServer> {
  const folder = mkdtempSync(join(tmpdir(), 'mainspring-nats-'));
  const port = await freePort();
  const url = `nats://127.0.0.1:${port}`;
  const args = ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder];
  const launch = () => spawn('nats-server', args, { stdio: 'ignore' });
  let server = launch();
  await untilAnswering(url, server);
  const end = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  };
  return {
    url,
    kill: end,
    async start() {
      server = launch();
      await untilAnswering(url, server);
    },
    async stop() {
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Tests on NATS; they say so where it is not installed. */
export function describeNats(name: string, tests: () => void): void {
  const isInstalled = spawnSync('nats-server', ['--version'], { stdio: 'ignore' }).status === 0;
  if (isInstalled) describe(name, tests);
  else describe(name, () => test('is left out: nats-server is not installed', () => undefined));
}
