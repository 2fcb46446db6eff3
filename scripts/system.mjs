#!/usr/bin/env node
/**
 * Tries the running product as its users do: starts it as `npm start` does, on a folder and ports of its own, runs the
 * examples and the published clients in their languages against it, and stops it.
 *
 *   node scripts/system.mjs [--all]     with --all, a missing tool is a failure
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from './install.mjs';

const START_LIMIT_MS = 300_000;

const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return String(port);
};

const folder = await mkdtemp(join(tmpdir(), 'mainspring-system-'));
const port = await freePort();
const temporalPort = await freePort();
// A Temporal CLI that an earlier start or test run has built is kept with the project.
const kept = join(root, '.mainspring', 'bin');
const common = {
  ...process.env,
  PATH: existsSync(kept) ? `${kept}${delimiter}${process.env.PATH}` : process.env.PATH,
};
const env = {
  ...common,
  DATA_DIR: folder,
  PORT: port,
  TEMPORAL_PORT: temporalPort,
  TEMPORAL_UI_PORT: await freePort(),
  RATE_LIMITS: 'off',
  LOG_LEVEL: 'error',
};
const product = spawn(process.execPath, [join(root, 'scripts/start.mjs')], {
  env,
  stdio: ['ignore', 'inherit', 'inherit'],
});
process.on('exit', () => product.kill('SIGTERM'));

async function whenReady() {
  const deadline = Date.now() + START_LIMIT_MS;
  while (product.exitCode === null && Date.now() < deadline) {
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (ready?.ok) return;
    await sleep(200);
  }
  throw new Error('the product did not start');
}

const run = (script) =>
  spawnSync(process.execPath, [join(root, 'scripts', script), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: {
      ...common,
      MINOOTS_BASE_URL: `http://localhost:${port}`,
      TEMPORAL_ADDRESS: `127.0.0.1:${temporalPort}`,
    },
  }).status === 0;

await whenReady();
const results = ['examples.mjs', 'language-clients.mjs'].map((script) => run(script));
product.kill('SIGTERM');
const [code] = product.exitCode === null ? await once(product, 'exit') : [product.exitCode];
if (code !== 0) console.error(`the product ended with exit code ${code}`);
await rm(folder, { recursive: true, force: true });
process.exit(code === 0 && results.every(Boolean) ? 0 : 1);
