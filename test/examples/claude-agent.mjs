/** Needs an administrator, whom only a product of its own gives it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProduct } from '../../scripts/product.mjs';
import { EXAMPLES } from './example.mjs';

const GROUP = -77;
const BOT_TOKEN = '1:bot-token';
const STATE = ['node_modules', '.env', '.state', 'workspace', 'package-lock.json'];
/** Answers what it was given, and uses a tool where it has one. */
const SDK = `export async function* query({ prompt, options }) {
  const { env, abortController, ...rest } = options;
  const secrets = Object.keys(env).filter((name) => /^(AIWM|TELEGRAM|DISCORD)_/.test(name));
  const content = options.tools.map((name) => ({ type: 'tool_use', id: 'u', name }));
  yield { type: 'assistant', message: { content } };
  yield { type: 'user', message: { content: [{ type: 'tool_result', tool_use_id: 'u' }] } };
  const result = JSON.stringify({ prompt, ...rest, secrets });
  yield { type: 'result', subtype: 'success', session_id: 'session-of-' + prompt, result };
}`;

let adminToken;
let folder;
let product;
let telegram;

async function until(what, find, limitMs = 20_000) {
  for (const deadline = Date.now() + limitMs; Date.now() < deadline; await sleep(100)) {
    const found = await find();
    if (found) return found;
  }
  throw new Error(`not within ${limitMs} ms: ${what}`);
}

async function api(method, call, body) {
  const response = await fetch(`${product.url}${call}`, {
    method,
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  assert.ok(response.ok, `${method} ${call}: ${response.status} ${await response.clone().text()}`);
  return response.json();
}

const readAgent = async (id) => (await api('GET', `/agents/${id}`)).agent;

/** Telegram as a bot sees it: what people write waits until it is asked for, what the bot sends is kept. */
async function startTelegram() {
  const updates = [];
  const sent = [];
  let lastId = 0;
  const getUpdates = async ({ offset }, request) => {
    const waiting = () => updates.filter(({ update_id }) => update_id >= offset);
    const deadline = Date.now() + 2_000;
    while (waiting().length === 0 && Date.now() < deadline && !request.destroyed) await sleep(20);
    return waiting();
  };
  const server = createServer(async (request, response) => {
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString());
    const method = request.url.replace(`/bot${BOT_TOKEN}/`, '');
    if (method === 'sendMessage') sent.push(body);
    const isKnown = method === 'getUpdates' || method === 'sendMessage';
    const result = method === 'getUpdates' ? await getUpdates(body, request.socket) : {};
    response.writeHead(isKnown ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isKnown ? { ok: true, result } : { ok: false, description: 'Not Found' }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    base: `http://127.0.0.1:${server.address().port}`,
    sent,
    write: (text, chat = GROUP) =>
      updates.push({ update_id: ++lastId, message: { text, chat: { id: chat } } }),
    async ask(text) {
      const before = sent.length;
      this.write(text);
      await until(`an answer to ${text}`, () => sent.length > before);
      return JSON.parse(sent.at(-1).text);
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Runs the example as `npm start` in its folder does; its output and end. */
function startAgent(env) {
  const agent = spawn('npm', ['start'], {
    cwd: folder,
    env: { ...process.env, TELEGRAM_API_BASE: telegram.base, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const run = { agent, output: '', ended: once(agent, 'exit') };
  for (const stream of [agent.stdout, agent.stderr]) stream.on('data', (data) => (run.output += data));
  return run;
}

/** An agent in the registry, its .env in the example's folder; answers its id. */
async function register() {
  const request = {
    name: `claude-${Date.now().toString(36)}`,
    instruction: { systemPrompt: 'You answer customers.', guidelines: ['Be brief.'] },
    tools: ['Read'],
    settings: {
      claudeModel: 'a-model',
      maxTurns: 7,
      resume: true,
      telegram: { botToken: BOT_TOKEN, groupIds: [GROUP] },
      discord: { token: 'discord-token', channelIds: ['1'] },
    },
    heartbeat: { interval: '1s' },
  };
  const { agent } = await api('POST', '/agents', request);
  const { envConfig } = await api('POST', `/agents/${agent.id}/credentials/regenerate`);
  await writeFile(
    path.join(folder, '.env'),
    `${envConfig}\nAIWM_BASE_URL=${product.url}\nCLAUDE_MAX_TURNS=5\n`,
  );
  return agent.id;
}

before(async () => {
  product = await startProduct('claude-agent', {}, (line) => {
    adminToken ??= /Admin token +(\S+)/.exec(line)?.[1];
  });
  assert.ok(adminToken, 'the product did not print its admin token');
  telegram = await startTelegram();
  // A copy without optional packages, whatever is installed beside the original.
  folder = await mkdtemp(path.join(tmpdir(), 'mainspring-claude-agent-'));
  const filter = (file) => !STATE.includes(path.basename(file));
  await cp(path.join(EXAMPLES, 'claude-agent'), folder, { recursive: true, filter });
  await mkdir(path.join(folder, 'node_modules'));
  await symlink(path.join(EXAMPLES, '..'), path.join(folder, 'node_modules/mainspring'));
  await writeFile(path.join(folder, 'fake-sdk.mjs'), SDK);
  await api('POST', '/tools', { name: 'Read', description: 'Reads a file' });
});

after(async () => {
  telegram?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
  assert.equal(await product?.stop(), 0);
});

test('without the SDK it says in one sentence what to do', async () => {
  await register();
  const run = startAgent({ AGENT_SDK: '' });
  const [code] = await run.ended;
  assert.equal(code, 1);
  assert.match(
    run.output,
    /claude-agent-sdk is not there: install it \(.+\), or let AGENT_SDK name a module/,
  );
});

test('it answers as it is configured, follows changes, pause and resume, and leaves when told to end', async () => {
  const id = await register();
  const run = startAgent({ AGENT_SDK: './fake-sdk.mjs' });
  const { agent, ended } = run;
  try {
    await until('online', async () => (await readAgent(id)).connection === 'online');

    const first = await telegram.ask('first');
    assert.equal(first.prompt, 'first');
    assert.match(first.systemPrompt, /You answer customers\..*1\. Be brief\./s);
    assert.deepEqual([first.tools, first.allowedTools], [['Read'], ['Read']]);
    assert.deepEqual([first.model, first.permissionMode, first.resume], ['a-model', 'default', undefined]);
    assert.equal(first.maxTurns, 5, 'a CLAUDE_* variable goes before the setting');
    assert.deepEqual(first.secrets, []);
    assert.match(run.output, /discord does not start: discord\.js is not there/);
    telegram.write('of a stranger', -1);
    const used = await until('the use of its tool', async () => {
      const { tools } = await api('GET', `/agents/${id}/analytics?period=1h`);
      return tools.length > 0 && tools;
    });
    assert.deepEqual(used, [{ name: 'Read', succeeded: 1, failed: 0 }]);

    await api('PATCH', `/agents/${id}`, { instruction: { systemPrompt: 'You sing.' }, tools: [] });
    const changed = await until('the new instruction', async () => {
      const answer = await telegram.ask('second');
      return answer.systemPrompt === 'You sing.' && answer;
    });
    assert.deepEqual(changed.tools, []);
    assert.match(changed.resume, /^session-of-/);

    await api('POST', `/agents/${id}/pause`);
    await until('paused', () => /told to pause/.test(run.output));
    const before = telegram.sent.length;
    telegram.write('while paused');
    await sleep(1_500);
    assert.equal(telegram.sent.length, before);
    assert.equal((await readAgent(id)).connection, 'online');
    await api('POST', `/agents/${id}/resume`);
    await until('what waited is answered', () => telegram.sent.length > before);
    assert.equal(JSON.parse(telegram.sent.at(-1).text).prompt, 'while paused');
    assert.ok(telegram.sent.every(({ chat_id }) => chat_id === GROUP));

    const { metrics } = await until('metrics', async () => {
      const read = await readAgent(id);
      return read.metrics && read;
    });
    assert.deepEqual(Object.keys(metrics).sort(), ['activeConnections', 'cpu', 'memory']);

    agent.kill('SIGTERM');
    const [code] = await ended;
    assert.equal(code, 0, run.output);
    assert.equal((await readAgent(id)).connection, 'offline');
    const { sessions } = await api('GET', `/agents/${id}/history`);
    assert.equal(sessions[0].endReason, 'disconnected');
    assert.doesNotMatch(run.output, /bot-token|discord-token|mas_/);
  } catch (error) {
    console.error(run.output);
    throw error;
  } finally {
    agent.kill('SIGKILL');
  }
});

test('told to stop, it ends by itself', async () => {
  const id = await register();
  const { agent, ended } = startAgent({ AGENT_SDK: './fake-sdk.mjs' });
  try {
    await until('online', async () => (await readAgent(id)).connection === 'online');
    await api('POST', `/agents/${id}/stop`);
    assert.deepEqual(await ended, [0, null]);
    assert.equal((await readAgent(id)).connection, 'offline');
  } finally {
    agent.kill('SIGKILL');
  }
});
