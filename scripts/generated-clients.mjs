#!/usr/bin/env node
/**
 * Makes clients from a server's OpenAPI document, as docs/generated-clients.md says, and runs the programs that stand
 * on that page with them.
 *
 *   MINOOTS_BASE_URL=http://localhost:3000 node scripts/generated-clients.mjs
 *
 * A language whose tools are missing is left out and named; with --all that is a failure.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './install.mjs';

const BASE_URL = (process.env.MINOOTS_BASE_URL ?? 'http://localhost:3000').replace(/\/$/, '');
const WORK = join(root, '.test/generated-clients');
const DOCUMENT = join(WORK, 'openapi.json');
const EXPECTED = 'call me back fired';
const LIMIT_MS = 180_000;

const page = await readFile(join(root, 'docs/generated-clients.md'), 'utf8');
/** The one block of the page in a language. */
function blockOf(language) {
  const [, block] = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'ms').exec(page) ?? [];
  assert.ok(block, `the page has no block of ${language}`);
  return block;
}

const env = {
  ...process.env,
  MAINSPRING_BASE_URL: BASE_URL,
  MAINSPRING_API_KEY: process.env.MINOOTS_API_KEY ?? 'mnt_demo_key_pro',
};

function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const given = { env, timeout: LIMIT_MS, stdio: ['ignore', 'pipe', 'pipe'], ...options };
    const child = spawn(command, args, given);
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('error', reject);
    child.on('exit', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`${command}: exit ${code}\n${output}`)),
    );
  });
}

const has = (command, ...args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

const LANGUAGES = [
  {
    name: 'Python',
    missing: () =>
      has('openapi-python-client', '--version') ? null : 'the Python package openapi-python-client',
    async check(folder) {
      const made = join(folder, 'mainspring-client');
      const given = ['generate', '--path', DOCUMENT, '--output-path', made];
      const said = await run('openapi-python-client', given);
      assert.doesNotMatch(said, /Unable to|ERROR/, 'the generator left something out');
      await writeFile(join(folder, 'trial.py'), blockOf('python'));
      return run('python3', ['trial.py'], { cwd: folder, env: { ...env, PYTHONPATH: made } });
    },
  },
  {
    name: 'Go',
    missing: () => (has('go', 'version') ? null : 'go'),
    async check(folder) {
      const [generator] = /github\.com\S+oapi-codegen@\S+/.exec(page) ?? [];
      assert.ok(generator, 'the page names no generator');
      await mkdir(join(folder, 'mainspring'), { recursive: true });
      await writeFile(join(folder, 'main.go'), blockOf('go'));
      await run('go', ['mod', 'init', 'example.com/trial'], { cwd: folder });
      const made = ['-package', 'mainspring', '-o', 'mainspring/mainspring.gen.go'];
      const given = ['run', generator, '-generate', 'types,client', ...made, DOCUMENT];
      await run('go', given, { cwd: folder });
      await run('go', ['mod', 'tidy'], { cwd: folder });
      return run('go', ['run', '.'], { cwd: folder });
    },
  },
];

async function attempt({ name, missing, check }) {
  const tool = missing();
  if (tool !== null) {
    console.log(`left out: a generated ${name} client, because ${tool} is not installed`);
    return process.argv.includes('--all') ? 'failed' : 'left out';
  }
  const folder = join(WORK, name.toLowerCase());
  await mkdir(folder);
  try {
    const output = await check(folder);
    assert.equal(output.trim().split('\n').at(-1), EXPECTED);
    console.log(`ok: a generated ${name} client`);
    return 'ok';
  } catch (error) {
    console.error(`FAILED: a generated ${name} client\n${error.stack}`);
    return 'failed';
  }
}

await rm(WORK, { recursive: true, force: true });
await mkdir(WORK, { recursive: true });
const answer = await fetch(`${BASE_URL}/openapi.json`);
assert.ok(answer.ok, `${BASE_URL}/openapi.json answered ${answer.status}`);
await writeFile(DOCUMENT, await answer.text());
const results = [];
for (const language of LANGUAGES) results.push(await attempt(language));
if (results.includes('failed')) process.exitCode = 1;
