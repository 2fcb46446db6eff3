import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, test } from '@jest/globals';
import { connect } from 'amqplib';
import { freePort } from '../../src/engine/port.js';

/** Not the one on the PATH: that one changes to a user of its own. */
const PROGRAM = '/usr/lib/rabbitmq/bin/rabbitmq-server';
const START_LIMIT_MS = 60_000;

/** A private RabbitMQ on a loopback port, with its data, its name and its port mapper in a temporary folder. */
export interface RabbitServer {
  url: string;
  /** Ends it as kill -9 does. Durable queues and their persistent messages stay in its folder. */
  kill(): Promise<void>;
  /** Runs it again on its data and port. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

async function untilAnswering(url: string, server: ChildProcess): Promise<void> {
  for (const end = Date.now() + START_LIMIT_MS; Date.now() < end; await delay(100)) {
    if (server.exitCode !== null) break;
    const connection = await connect(url).catch(() => null);
    if (!connection) continue;
    await connection.close();
    return;
  }
  throw new Error('RabbitMQ did not start');
}

interface Ports {
  port: number;
  distribution: number;
  mapper: number;
}

function environmentOf(folder: string, { port, distribution, mapper }: Ports): NodeJS.ProcessEnv {
  const file = (name: string) => join(folder, name);
  return {
    PATH: process.env.PATH,
    HOME: folder,
    RABBITMQ_NODENAME: `mainspring${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distribution),
    ERL_EPMD_PORT: String(mapper),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_MNESIA_BASE: file('data'),
    RABBITMQ_LOG_BASE: file('log'),
    RABBITMQ_PID_FILE: file('pid'),
    RABBITMQ_CONFIG_FILE: file('rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: file('enabled_plugins'),
    RABBITMQ_CONF_ENV_FILE: file('none'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 1:1 +sbwt none',
  };
}

export async function startRabbit(): Promise<RabbitServer> {
  const folder = mkdtempSync(join(tmpdir(), 'mainspring-rabbit-'));
  writeFileSync(join(folder, 'enabled_plugins'), '[].\n');
  writeFileSync(join(folder, 'rabbitmq.conf'), '');
  const ports = { port: await freePort(), distribution: await freePort(), mapper: await freePort() };
  const env = environmentOf(folder, ports);
  const url = `amqp://127.0.0.1:${ports.port}`;
  const launch = () => spawn(PROGRAM, [], { env, stdio: 'ignore', detached: true });
  let server = launch();
  const end = async () => {
    const { pid, exitCode, signalCode } = server;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    const exited = once(server, 'exit');
    // The program is a script; what it runs is in its group.
    process.kill(-pid, 'SIGKILL');
    await exited;
  };
  const stop = async () => {
    await end();
    spawnSync('epmd', ['-port', String(ports.mapper), '-kill'], { env, stdio: 'ignore' });
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const start = () =>
    untilAnswering(url, server).catch(async (error: unknown) => {
      await stop();
      throw error;
    });
  await start();
  return {
    url,
    kill: end,
    async start() {
      server = launch();
      await start();
    },
    stop,
  };
}

/** Tests on RabbitMQ; they say so where it is not installed. */
export function describeRabbit(name: string, tests: () => void): void {
  if (existsSync(PROGRAM)) describe(name, tests);
  else describe(name, () => test('is left out: rabbitmq-server is not installed', () => undefined));
}
