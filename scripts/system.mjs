#!/usr/bin/env node
/**
 * Tries the running product as its users do: starts it as `npm start` does, on a folder and ports of its own, runs the
 * examples and the published clients in their languages against it, and stops it.
 *
 *   node scripts/system.mjs [--all]     with --all, a missing tool is a failure
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './install.mjs';
import { common, startProduct } from './product.mjs';
import { startRedis } from './redis.mjs';

const redis = await startRedis();
const withRedis = { REDIS_URL: redis?.url ?? '' };
const product = await startProduct('system', withRedis);

const run = (script) =>
  spawnSync(process.execPath, [join(root, 'scripts', script), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: {
      ...common,
      ...withRedis,
      MINOOTS_BASE_URL: product.url,
      TEMPORAL_ADDRESS: product.temporalAddress,
    },
  }).status === 0;

const SCRIPTS = ['examples.mjs', 'language-clients.mjs', 'generated-clients.mjs', 'a2a-client.mjs'];
const results = SCRIPTS.map((script) => run(script));
const code = await product.stop();
await redis?.stop();
process.exit(code === 0 && results.every(Boolean) ? 0 : 1);
