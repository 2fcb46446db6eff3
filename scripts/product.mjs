/** Starts the product as `npm start` does, on a folder and ports of its own, and stops it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.mjs';
import { root } from './install.mjs';

const START_LIMIT_MS = 300_000;

// A Temporal CLI that an earlier start or test run has built is kept with the project.
const kept = join(root, '.mainspring', 'bin');

/** The environment of everything that is run beside the product. */
export const common = {
  ...process.env,
  PATH: existsSync(kept) ? `${kept}${delimiter}${process.env.PATH}` : process.env.PATH,
};

async function whenReady(product, url) {
  const deadline = Date.now() + START_LIMIT_MS;
  while (product.exitCode === null && Date.now() < deadline) {
    const ready = await fetch(`${url}/readyz`).catch(() => undefined);
    if (ready?.ok) return;
    await sleep(200);
  }
  throw new Error('the product did not start');
}

/**
 * Resolves when it is ready. `name` stands in the name of its folder; `env` is added to its environment. Nothing that
 * the caller's environment names (a database, a Temporal server, Redis) is touched. `onLine` is told each line it writes.
 */
export async function startProduct(name, env = {}, onLine = () => undefined) {
  const folder = await mkdtemp(join(tmpdir(), `mainspring-${name}-`));
  const port = await freePort();
  const temporalPort = await freePort();
  const product = spawn(process.execPath, ['--max-semi-space-size=32', join(root, 'scripts/start.mjs')], {
    env: {
      ...common,
      DATA_DIR: folder,
      DATABASE_URL: '',
      TEMPORAL_ADDRESS: '',
      REDIS_URL: '',
      HOST: '127.0.0.1',
      PORT: port,
      TEMPORAL_PORT: temporalPort,
      TEMPORAL_UI_PORT: await freePort(),
      RATE_LIMITS: 'off',
      LOG_LEVEL: 'error',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [product.stdout, product.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      console.log(line);
      onLine(line);
    });
  }
  const kill = () => product.kill('SIGTERM');
  process.on('exit', kill);
  await whenReady(product, `http://127.0.0.1:${port}`);
  return {
    url: `http://localhost:${port}`,
    port: Number(port),
    temporalAddress: `127.0.0.1:${temporalPort}`,
    hasEnded: () => product.exitCode !== null || product.signalCode !== null,
    /** Ends it as an operator does, and removes its folder; answers its exit code. */
    async stop() {
      process.off('exit', kill);
      kill();
      const [code] = product.exitCode === null ? await once(product, 'exit') : [product.exitCode];
      if (code !== 0) console.error(`the product ended with exit code ${code}`);
      await rm(folder, { recursive: true, force: true });
      return code;
    },
  };
}
