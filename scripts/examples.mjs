#!/usr/bin/env node
/**
 * Runs the tests of the examples against the server at MINOOTS_BASE_URL (http://localhost:3000 by default).
 *
 *   node scripts/examples.mjs [--all] [name…]
 *
 * An example whose tools are missing is left out and named; with --all that is a failure. The examples in Node need
 * the built client (`npm start` builds it).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const args = process.argv.slice(2);
const wanted = args.filter((arg) => !arg.startsWith('--'));

const has = (command, ...rest) => spawnSync(command, rest, { stdio: 'ignore' }).status === 0;
const hasClient = existsSync(`${ROOT}/dist/client/index.js`);
const python = has('python3', '--version') ? null : 'python3';
const node = hasClient ? null : 'a build of the client (npm start)';
const cargo = has('cargo', '--version') ? null : 'cargo';
const temporal = has(process.env.TEMPORAL ?? 'temporal', '--version') ? null : 'the temporal command';
const redisServer = process.env.REDIS_URL ? null : 'a REDIS_URL that Mainspring has as well';
const redisPy = has('python3', '-c', 'import redis') ? null : 'the Python package redis';
const temporalio = has('python3', '-c', 'import temporalio') ? null : 'the Python package temporalio';

/** What each test needs besides Node: null when it is there. */
const MISSING = {
  '01-task-timeout': python,
  '02-exponential-backoff': node,
  '03-synchronisation': python,
  '04-watchdog': cargo,
  '05-rate-limiting': python,
  '06-state-machine': python,
  '07-phased-coordination': node,
  agent: python,
  'claude-agent': node,
  messages: node,
  redis: redisServer,
  'redis-python': redisServer ?? redisPy,
  'signals-cli': temporal,
  'signals-python': temporalio,
};

const names = readdirSync(`${ROOT}/test/examples`)
  .map((file) => file.replace(/\.mjs$/, ''))
  .filter((name) => !['example', 'signals'].includes(name) && (wanted.length === 0 || wanted.includes(name)));
const leftOut = names.filter((name) => MISSING[name]);
for (const name of leftOut) console.log(`left out: ${name}, because ${MISSING[name]} is not there`);

const files = names.filter((name) => !leftOut.includes(name)).map((name) => `test/examples/${name}.mjs`);
const { status } = spawnSync(
  process.execPath,
  ['--test', '--test-reporter=spec', '--test-concurrency=2', ...files],
  {
    cwd: ROOT,
    stdio: 'inherit',
  },
);
process.exitCode = status !== 0 || (args.includes('--all') && leftOut.length > 0) ? 1 : 0;
