import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readConfig } from '../../src/config.js';
import { connectEngine } from '../../src/engine/connect.js';
import { type DevServer, type DevServerSettings, startDevServer } from '../../src/engine/dev-server.js';
import { findCli } from '../../src/engine/find-cli.js';
import { type KeptServer, keepRunning } from '../../src/engine/keep-running.js';
import { freePort } from '../../src/engine/port.js';
import { createLog } from '../../src/log.js';
import { isGone } from '../support/process-end.js';
import { until } from '../support/until.js';

let settings: DevServerSettings;
let kept: KeptServer | undefined;
let lines: string[] = [];
const log = createLog('info', { write: (line) => void lines.push(JSON.parse(line).msg) });

beforeEach(async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'mainspring-kept-'));
  settings = { dataDir, port: await freePort(), uiPort: await freePort() };
  lines = [];
});
afterEach(async () => {
  await kept?.stop();
  rmSync(settings.dataDir, { recursive: true, force: true });
});

const start = async () => startDevServer(await findCli(resolve('.mainspring'), () => undefined), settings);
const serverPid = (): number =>
  JSON.parse(readFileSync(join(settings.dataDir, 'temporal.json'), 'utf8')).server.pid;

async function keep(startAgain: () => Promise<DevServer> = start): Promise<void> {
  kept = keepRunning(await start(), startAgain, log);
}
async function killServer(): Promise<number> {
  const pid = serverPid();
  process.kill(pid, 'SIGKILL');
  expect(await isGone(pid)).toBe(true);
  return pid;
}
const runsAgain = () => until(() => lines.includes('The Temporal server runs again'), 20_000);

async function withEngine<T>(use: (engine: Awaited<ReturnType<typeof connectEngine>>) => Promise<T>) {
  const options = { address: `127.0.0.1:${settings.port}` };
  const engine = await connectEngine(readConfig({}), { namespace: 'default', options });
  try {
    return await use(engine);
  } finally {
    await engine.connection.close();
  }
}

test('a server that dies runs again on its port, with what it knew', async () => {
  await keep();
  await withEngine(({ client }) =>
    client.workflow.start('anything', { taskQueue: 'nobody', workflowId: 'kept' }),
  );
  const first = await killServer();
  await runsAgain();
  expect(serverPid()).not.toBe(first);
  const { status } = await withEngine(({ client }) => client.workflow.getHandle('kept').describe());
  expect(status.name).toBe('RUNNING');
  expect(lines[0]).toBe('The Temporal server ended without being told to; it is started again');
});

test('a server that cannot be started is tried again until it can', async () => {
  let failures = 2;
  await keep(async () => {
    if (failures-- > 0) throw new Error('the port is taken');
    return start();
  });
  await killServer();
  await runsAgain();
  expect(lines.filter((line) => line.includes('could not be started'))).toHaveLength(2);
});

test('a server that was stopped stays stopped', async () => {
  await keep();
  const pid = serverPid();
  await kept?.stop();
  expect(await isGone(pid)).toBe(true);
  expect(lines).toEqual([]);
});

test('stopping ends the attempts to start it', async () => {
  await keep(() => Promise.reject(new Error('the disk is full')));
  await killServer();
  await until(() => lines.some((line) => line.includes('could not be started')));
  await kept?.stop();
  const attempts = lines.length;
  await new Promise((done) => setTimeout(done, 500));
  expect(lines).toHaveLength(attempts);
});
