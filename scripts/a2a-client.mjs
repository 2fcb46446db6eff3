#!/usr/bin/env node
/**
 * Runs the A2A client in test/language-clients/a2a, which is written with the protocol's own Python package, against a
 * server: in a virtual environment of its own, which is made once.
 *
 *   MINOOTS_BASE_URL=http://localhost:3000 node scripts/a2a-client.mjs
 *
 * Where Python or its package cannot be had it is left out and named; with --all that is a failure.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './install.mjs';

const CLIENT = join(root, 'test/language-clients/a2a/client.py');
const VENV = join(root, '.test/a2a-client');
const PYTHON = join(VENV, 'bin/python3');
const INSTALL_LIMIT_MS = 120_000;
const RUN_LIMIT_MS = 120_000;

const run = (command, args, options = {}) =>
  spawnSync(command, args, { encoding: 'utf8', timeout: INSTALL_LIMIT_MS, ...options });

/** What is missing to run it, or null. */
function missing(requirement) {
  const isThere = () => existsSync(PYTHON) && run(PYTHON, ['-c', 'import a2a.client, httpx']).status === 0;
  if (isThere()) return null;
  if (run('python3', ['-m', 'venv', VENV]).status !== 0) return 'python3 with venv';
  run(PYTHON, ['-m', 'pip', 'install', '--quiet', requirement]);
  return isThere() ? null : `the Python package ${requirement}`;
}

const [, requirement] = /pip install (\S+)/.exec(await readFile(CLIENT, 'utf8')) ?? [];
if (!requirement) throw new Error('the client does not say what it needs');
const tool = missing(requirement);
if (tool !== null) {
  console.log(`left out: the A2A client, because ${tool} is not installed`);
  process.exit(process.argv.includes('--all') ? 1 : 0);
}
const { status, stdout, stderr } = run(PYTHON, [CLIENT], {
  timeout: RUN_LIMIT_MS,
  env: {
    ...process.env,
    MAINSPRING_BASE_URL: process.env.MINOOTS_BASE_URL ?? 'http://localhost:3000',
    MAINSPRING_API_KEY: process.env.MINOOTS_API_KEY ?? 'mnt_demo_key_pro',
  },
});
process.stdout.write(stdout ?? '');
process.stderr.write(stderr ?? '');
console.log(status === 0 ? 'passed: the A2A client' : 'failed: the A2A client');
process.exit(status === 0 ? 0 : 1);
