import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readConfig } from '../../src/config.js';
import { connectEngine } from '../../src/engine/connect.js';
import {
  adoptDevServer,
  type DevServer,
  type DevServerSettings,
  startDevServer,
} from '../../src/engine/dev-server.js';
import { findCli } from '../../src/engine/find-cli.js';
import { freePort } from '../../src/engine/port.js';
import { seenProcess } from '../../src/engine/running-process.js';
import { isAlive, isGone } from '../support/process-end.js';

let settings: DevServerSettings;
const started: DevServer[] = [];
beforeEach(async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'mainspring-server-'));
  settings = { dataDir, port: await freePort(), uiPort: await freePort() };
});
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
  rmSync(settings.dataDir, { recursive: true, force: true });
});

const file = () => join(settings.dataDir, 'temporal.json');
const tenancy = () => JSON.parse(readFileSync(file(), 'utf8'));
const serverPid = (): number => tenancy().server.pid;
/** As a kill -9 leaves it: the owner that the file names is no more. */
const killOwner = () =>
  writeFileSync(file(), JSON.stringify({ ...tenancy(), owner: { pid: 2 ** 30, command: 'gone' } }));
async function start(): Promise<DevServer> {
  const server = await startDevServer(await findCli(resolve('.mainspring'), () => undefined), settings);
  started.push(server);
  return server;
}

test('a server that was started answers, and is gone when it was stopped', async () => {
  const server = await start();
  const location = { namespace: 'default', options: { address: server.address } };
  const engine = await connectEngine(readConfig({}), location);
  await engine.connection.close();
  const pid = serverPid();
  await server.stop();
  expect(await isGone(pid)).toBe(true);
  expect(await adoptDevServer(settings)).toBeUndefined();
});

test('after its Mainspring was killed the server is adopted by the next start', async () => {
  await start();
  const pid = serverPid();
  killOwner();
  const adopted = await adoptDevServer(settings);
  expect(adopted).toMatchObject({ wasAdopted: true, address: `127.0.0.1:${settings.port}` });
  expect([serverPid(), tenancy().owner.pid]).toEqual([pid, process.pid]);
  await adopted?.stop();
  expect(await isGone(pid)).toBe(true);
});

test('the end of a server is told, also of one that was adopted', async () => {
  const first = await start();
  killOwner();
  const adopted = await adoptDevServer(settings);
  process.kill(serverPid(), 'SIGKILL');
  await Promise.all([first.ended, adopted?.ended]);
});

test('a server that was left with other settings makes way', async () => {
  await start();
  const pid = serverPid();
  killOwner();
  expect(await adoptDevServer({ ...settings, port: await freePort() })).toBeUndefined();
  expect(await isGone(pid)).toBe(true);
});

test('the server of another living Mainspring is left alone', async () => {
  await start();
  writeFileSync(file(), JSON.stringify({ ...tenancy(), owner: seenProcess(process.ppid) }));
  await expect(adoptDevServer(settings)).rejects.toThrow(`another Mainspring (process ${process.ppid})`);
  expect(isAlive(serverPid())).toBe(true);
});

test('a process that was given the id of a dead server is not taken for it', async () => {
  await start();
  const { server } = tenancy();
  writeFileSync(file(), JSON.stringify({ server: { ...server, pid: process.pid }, owner: server }));
  expect(await adoptDevServer(settings)).toBeUndefined();
});

test('a port that somebody else listens on is named, with the variable that moves it', async () => {
  const other = createServer().listen(settings.uiPort, '127.0.0.1');
  await expect(start()).rejects.toThrow(`port ${settings.uiPort} (TEMPORAL_UI_PORT) is taken`);
  await new Promise((done) => other.close(done));
});
