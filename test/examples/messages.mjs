/** Needs an administrator, whom only a product of its own gives it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProduct } from '../../scripts/product.mjs';
import { EXAMPLES } from './example.mjs';

let product;
let adminToken;
const running = [];

before(async () => {
  product = await startProduct('messages', {}, (line) => {
    adminToken ??= /Admin token +(\S+)/.exec(line)?.[1];
  });
  assert.ok(adminToken, 'the product did not print its admin token');
});
after(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  assert.equal(await product?.stop(), 0);
});

async function api(method, call, body) {
  const response = await fetch(`${product.url}${call}`, {
    method,
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  assert.ok(response.ok, `${method} ${call}: ${response.status} ${await response.clone().text()}`);
  return response.json();
}

/** Creates an agent; answers its environment. */
async function register(body) {
  const { id } = (await api('POST', '/agents', body)).agent;
  const { secret } = await api('POST', `/agents/${id}/credentials/regenerate`, {});
  return { AIWM_BASE_URL: product.url, AIWM_AGENT_ID: id, AIWM_AGENT_SECRET: secret };
}

function start(file, env) {
  const child = spawn(process.execPath, [`messages/${file}`], {
    cwd: EXAMPLES,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const run = { child, output: '', ended: once(child, 'exit') };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (run.output += data));
  running.push(run);
  return run;
}

async function until(what, holds, limitMs = 60_000) {
  for (const deadline = Date.now() + limitMs; Date.now() < deadline; await sleep(50)) if (holds()) return;
  throw new Error(`not within ${limitMs} ms: ${what}\n${running.map(({ output }) => output).join('\n')}`);
}

test('two agents talk over a topic, though one of them is killed meanwhile', async () => {
  const [librarian, reader] = [
    await register({ name: 'librarian', topics: ['library.*'] }),
    await register({ name: 'reader' }),
  ];
  const asks = start('reader.mjs', reader);
  await until('all is asked', () => asks.output.includes('asked for Ulysses'));
  const first = start('librarian.mjs', { ...librarian, WORK_MS: '300' });
  await until('a first answer', () => asks.output.includes('Moby-Dick is on shelf M4'));
  await until('a second question', () => first.output.includes('asks for Emma'));
  first.child.kill('SIGKILL');
  await first.ended;
  const second = start('librarian.mjs', { ...librarian, WORK_MS: '10' });
  const [code] = await Promise.race([asks.ended, sleep(60_000).then(() => ['it goes on'])]);
  assert.equal(code, 0, asks.output);
  const answers = asks.output.split('\n').filter((line) => line.startsWith('librarian: '));
  assert.deepEqual(answers, [
    'librarian: Moby-Dick is on shelf M4',
    'librarian: Emma is on shelf A1',
    'librarian: Middlemarch is on shelf E2',
    'librarian: Ulysses is not here',
  ]);
  second.child.kill('SIGTERM');
  assert.equal((await second.ended)[0], 0, second.output);
  const { messages } = await api('GET', '/topics/library.questions/messages');
  assert.equal(messages.filter(({ inReplyTo }) => inReplyTo === null).length, 4);
});
