#!/usr/bin/env node
/**
 * Runs the published Python, Node and Rust clients in test/language-clients, as they stand, against a server:
 * only the server's address and the webhook hosts in them are replaced in a copy.
 *
 *   MINOOTS_BASE_URL=http://localhost:3000 node scripts/language-clients.mjs
 *
 * A language whose tools are missing is left out and named; with --all that is a failure.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const BASE_URL = (process.env.MINOOTS_BASE_URL ?? 'http://localhost:3000').replace(/\/$/, '');
const API_KEY = 'mnt_demo_key_pro';
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = path.join(ROOT, 'test/language-clients');
const WORK = path.join(ROOT, '.test/language-clients');
const WEBHOOK_HOSTS =
  /https:\/\/(?:your-agent-system\.com|your-system\.com|monitoring\.com|your-agent\.com)(?=\/)/g;

/** What the clients' webhooks bring, with the moment of each. */
const webhooks = [];
const receiver = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    webhooks.push({ at: Date.now(), url: request.url, body: JSON.parse(Buffer.concat(chunks).toString()) });
    response.writeHead(204).end();
  });
});

async function api(call, init = {}) {
  for (;;) {
    const response = await fetch(`${BASE_URL}${call}`, { ...init, headers: { 'X-API-Key': API_KEY } });
    if (response.status === 429) await sleep(1_000 * Number(response.headers.get('retry-after') ?? 1));
    else {
      assert.ok(response.ok, `${call} answered ${response.status}: ${await response.clone().text()}`);
      return response.json();
    }
  }
}

/** Timers of a tenant that were made since this run began. */
async function timersOf(tenantId, startedAt) {
  const { timers } = await api(`/timers?limit=500&tenantId=${tenantId}`);
  return timers.filter((timer) => Date.parse(timer.createdAt) >= startedAt - 1_000);
}

/** A copy of a client that speaks to this server and whose webhooks come here. */
async function adapt(folder, file, receiverUrl) {
  const target = path.join(WORK, folder);
  await mkdir(target, { recursive: true });
  await cp(path.join(SOURCES, folder), target, {
    recursive: true,
    filter: (from) => !from.includes('/target'),
  });
  const source = await readFile(path.join(target, file), 'utf8');
  const adapted = source.replaceAll('http://localhost:3000', BASE_URL).replace(WEBHOOK_HOSTS, receiverUrl);
  await writeFile(path.join(target, file), adapted);
  return target;
}

function run(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve(output) : reject(new Error(`exit ${code}\n${output}`))));
  });
}

async function webhook(isWanted, untilMs) {
  while (Date.now() < untilMs) {
    const found = webhooks.filter(isWanted);
    if (found.length > 0) return found;
    await sleep(100);
  }
  return webhooks.filter(isWanted);
}

const has = (command, ...args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

const CLIENTS = [
  {
    name: 'Python',
    missing: () => {
      if (!has('python3', '--version')) return 'python3';
      return has('python3', '-c', 'import requests') ? null : 'the Python package requests';
    },
    async check(receiverUrl, startedAt) {
      const folder = await adapt('python', 'client.py', receiverUrl);
      const output = await run('python3', ['client.py'], { cwd: folder });
      assert.match(output, /✅ Timeout timer created: \S+/);
      assert.match(output, /🤖 Starting task analyze-dataset-001 with 15min timeout/);
      assert.match(output, /✅ Task analyze-dataset-001 completed successfully/);
      const [timer, ...others] = await timersOf('gpt-worker-1', startedAt);
      assert.equal(others.length, 0);
      assert.equal(timer.status, 'cancelled');
      assert.equal(timer.durationMs, 900_000);
      assert.equal(timer.cancelReason, 'Task completed successfully');
      assert.equal(timer.cancelledBy, 'agent-gpt-worker-1');
      assert.ok(output.includes(timer.id));
    },
  },
  {
    name: 'Node',
    missing: () => null,
    async check(receiverUrl, startedAt) {
      const folder = await adapt('node', 'client.mjs', receiverUrl);
      const output = await run(process.execPath, ['client.mjs'], { cwd: folder });
      for (const agent of ['agent-1', 'agent-2', 'agent-3']) {
        assert.match(output, new RegExp(`✅ Sync timer created for agent ${agent}`));
      }
      assert.match(output, /🤝 3 agents will synchronize in 30 seconds/);
      assert.match(output, /⏳ Retry 3 for data-processing-task in 20s/);
      const timers = await timersOf('main-coordinator', startedAt);
      assert.deepEqual(timers.map(({ durationMs }) => durationMs).sort(), [20_000, 30_000, 30_000, 30_000]);
      for (const timer of timers) {
        const [call] = await webhook(
          ({ body }) => body.timer_id === timer.id,
          Date.parse(timer.fireAt) + 5_000,
        );
        assert.ok(call, `the webhook of ${timer.name} did not come`);
        assert.ok(call.at >= Date.parse(timer.fireAt), `the webhook of ${timer.name} came early`);
        assert.match(
          call.url,
          /^\/(?:agent\/sync-start\?agent=agent-\d|task\/retry\?task=data-processing-task&attempt=3)$/,
        );
      }
    },
  },
  {
    name: 'Rust',
    missing: () => (has('cargo', '--version') ? null : 'cargo'),
    async check(receiverUrl, startedAt) {
      const folder = await adapt('rust', 'src/main.rs', receiverUrl);
      const env = { ...process.env, CARGO_TARGET_DIR: path.join(ROOT, '.test/cargo') };
      await run('cargo', ['build', '--quiet'], { cwd: folder, env });
      const output = await run('cargo', ['run', '--quiet'], { cwd: folder, env });
      assert.match(output, /🐕 Watchdog timer created: \S+/);
      assert.equal(output.match(/⏳ Waiting 2000ms before calling/g)?.length, 2);
      assert.equal(output.match(/📡 Making API call to/g)?.length, 3);
      assert.match(output, /✅ All API calls completed with rate limiting/);
      const timers = await timersOf('rust-agent-001', startedAt);
      const delays = timers.filter(({ name }) => name.startsWith('rate-limit-'));
      assert.equal(delays.length, 2);
      for (const { id, durationMs } of delays) {
        assert.equal(durationMs, 2_000);
        const [call] = await webhook(({ body }) => body.timer_id === id, Date.now() + 5_000);
        assert.equal(call?.url, '/rust-agent-001/rate-limit-ready');
      }
      const [watchdog, ...others] = timers.filter(({ name }) => name.startsWith('watchdog-'));
      assert.equal(others.length, 0);
      assert.equal(watchdog.durationMs, 60_000);
      await api(`/timers/${watchdog.id}/cancel`, { method: 'POST' });
    },
  },
];

async function main() {
  await rm(WORK, { recursive: true, force: true });
  await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const receiverUrl = `http://127.0.0.1:${receiver.address().port}`;
  const leftOut = [];
  const failed = [];
  await Promise.all(
    CLIENTS.map(async ({ name, missing, check }) => {
      const tool = missing();
      if (tool !== null) {
        leftOut.push(name);
        console.log(`left out: the ${name} client, because ${tool} is not installed`);
        return;
      }
      try {
        await check(receiverUrl, Date.now());
        console.log(`ok: the ${name} client`);
      } catch (error) {
        failed.push(name);
        console.error(`FAILED: the ${name} client\n${error.stack}`);
      }
    }),
  );
  receiver.close();
  receiver.closeAllConnections();
  if (failed.length > 0 || (process.argv.includes('--all') && leftOut.length > 0)) process.exitCode = 1;
}

await main();
