import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { readConfig } from '../../src/config.js';
import { connectEngine } from '../../src/engine/connect.js';
import { startDevServer } from '../../src/engine/dev-server.js';
import { findCli } from '../../src/engine/find-cli.js';
import { freePort } from '../../src/engine/port.js';
import { prepareEngine } from '../../src/engine/prepare.js';
import { createLog } from '../../src/log.js';
import { buildBoard } from './build-board.js';
import { writeEmbeddedImage } from './embedded-image.js';
import { startPostgres } from './postgres-server.js';

/** What all test files of a run share, made once: a Temporal server, a workflow bundle, a migrated database, PostgreSQL. */
const log = createLog('warn');
const toStop: (() => Promise<unknown>)[] = [];
const say = (line: string) => process.stdout.write(`${line}\n`);

async function startTemporal(folder: string): Promise<void> {
  // Kept with the project, so that the next run and `npm start` find it.
  const cli = await findCli(resolve('.mainspring'), say);
  const server = await startDevServer(cli, {
    dataDir: folder,
    port: await freePort(),
    uiPort: await freePort(),
  });
  toStop.push(() => server.stop());
  const config = readConfig({});
  const options = { address: server.address };
  const engine = await connectEngine(config, { namespace: config.TEMPORAL_NAMESPACE, options });
  await prepareEngine(engine, log);
  await engine.connection.close();
  process.env.MAINSPRING_TEST_TEMPORAL = server.address;
}

async function bundleWorkflows(folder: string): Promise<void> {
  const workflowsPath = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  const path = join(folder, 'workflows.js');
  await writeFile(path, code);
  process.env.MAINSPRING_TEST_BUNDLE = path;
}

async function dumpDatabase(folder: string): Promise<void> {
  const path = join(folder, 'database.tar');
  await writeEmbeddedImage(path);
  process.env.MAINSPRING_TEST_PGDATA = path;
}

/** One for each of Jest's workers: readers of events wait for every transaction of a server, whichever its database. */
async function startServerDatabases(): Promise<void> {
  const started = await Promise.all([startPostgres(), startPostgres()]);
  const servers = started.filter((server) => server !== undefined);
  if (servers.length === 0)
    return void say('PostgreSQL is not installed: the tests that run on a PostgreSQL server are left out.');
  for (const server of servers) toStop.push(() => server.stop());
  process.env.MAINSPRING_TEST_POSTGRES = servers.map(({ url }) => url).join(' ');
}

/** Tests that need Redis start a server of their own. */
function findRedis(): void {
  const isInstalled = spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0;
  if (isInstalled) process.env.MAINSPRING_TEST_REDIS = 'installed';
  else say('Redis is not installed: the tests that run on a Redis server are left out.');
}

/** Tests that need a container runtime start one of their own. */
function findPodman(): void {
  const needed = ['podman', 'runc', 'busybox'];
  const missing = needed.filter(
    (program) => spawnSync(program, ['--help'], { stdio: 'ignore' }).status !== 0,
  );
  if (missing.length === 0) process.env.MAINSPRING_TEST_PODMAN = 'installed';
  else say(`${missing.join(', ')} is not installed: the tests that run containers are left out.`);
}

/** Tests of the board look at it in a browser, as it is built from the sources. */
async function prepareBoard(): Promise<void> {
  const path = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
  if (!existsSync(path))
    return void say('Chromium is not installed: the tests that look at the board in a browser are left out.');
  await buildBoard();
  process.env.MAINSPRING_TEST_CHROMIUM = path;
}

export async function startSurroundings(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'mainspring-test-'));
  toStop.push(() => rm(folder, { recursive: true, force: true }));
  // Without this a run that is ended by a signal would leave its servers behind.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  findRedis();
  findPodman();
  await Promise.all([
    startTemporal(folder),
    bundleWorkflows(folder),
    dumpDatabase(folder),
    startServerDatabases(),
    prepareBoard(),
  ]);
}

export async function stopSurroundings(): Promise<void> {
  for (const stop of toStop.reverse()) await stop();
}
