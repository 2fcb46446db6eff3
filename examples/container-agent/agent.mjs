/**
 * An agent for a container: Node and nothing else. Mainspring starts it with AGENT_ID, AGENT_SECRET and MAINSPRING_URL;
 * all else it reads from its environment, too.
 *
 * - It connects, heartbeats, takes the messages of its inbox, acknowledges each with its answer, refuses what it cannot do.
 * - It answers with the model at LLM_ENDPOINT (OpenAI-compatible), or, without one, by itself.
 * - GET /healthz on HEALTH_PORT answers 200 while it reaches Mainspring, else 503.
 * - Its log is one JSON object a line. On SIGTERM it ends what it is at, takes its leave, and exits with 0.
 */
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const { env } = process;
const settings = {
  url: required('MAINSPRING_URL').replace(/\/$/, ''),
  agentId: required('AGENT_ID'),
  secret: required('AGENT_SECRET'),
  healthPort: Number(env.HEALTH_PORT ?? 8080),
  llmEndpoint: env.LLM_ENDPOINT,
  llmKey: env.LLM_API_KEY,
  llmModel: env.LLM_MODEL ?? 'gpt-4o-mini',
  llmTimeoutMs: Number(env.LLM_TIMEOUT ?? 30) * 1_000,
  llmMaxTokens: Number(env.LLM_MAX_TOKENS ?? 1_000),
};

/** The longest wait between two tries. */
const LONGEST_PAUSE_MS = 30_000;
/** Without word from Mainspring for so long it is not healthy. */
const STALE_MS = 60_000;
const INBOX_WAIT = '20s';
const REQUEST_MS = 30_000;

const stopping = new AbortController();
const state = { token: '', instruction: '', heartbeatMs: 60_000, heardAt: 0, busy: 0, handled: 0 };

function required(name) {
  const value = env[name];
  if (value) return value;
  console.error(JSON.stringify({ level: 'error', message: `${name} is not set` }));
  process.exit(1);
}

const log = (level, message, fields = {}) =>
  console.log(JSON.stringify({ time: new Date().toISOString(), level, message, ...fields }));

class Refused extends Error {
  constructor(status, body) {
    super(body?.detail ?? `answered ${status}`);
    this.status = status;
  }
}

async function call(method, path, { body, signal = AbortSignal.timeout(REQUEST_MS) } = {}) {
  const response = await fetch(settings.url + path, {
    method,
    signal,
    headers: {
      ...(state.token ? { authorization: `Bearer ${state.token}` } : {}),
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  const answer = text ? JSON.parse(text) : null;
  if (!response.ok) throw new Refused(response.status, answer);
  state.heardAt = Date.now();
  return answer;
}

const agentPath = `/agents/${encodeURIComponent(settings.agentId)}`;

async function connect() {
  state.token = '';
  const answer = await call('POST', `${agentPath}/connect`, { body: { secret: settings.secret } });
  state.token = answer.token;
  state.instruction = answer.instruction;
  state.heartbeatMs = answer.heartbeat.intervalMs;
  log('info', 'connected', { agent: answer.agent.name });
}

/** Runs something again and again until the agent stops; ever more slowly while it fails. */
async function forever(name, run) {
  for (let failures = 0; !stopping.signal.aborted; ) {
    try {
      await run();
      failures = 0;
    } catch (error) {
      if (stopping.signal.aborted) return;
      failures += 1;
      log('warn', `${name} failed`, { error: error.message, status: error.status });
      // The token has run out, or was withdrawn.
      if (error.status === 401)
        await connect().catch((again) => log('warn', 'not connected', { error: again.message }));
      await pause(Math.min(LONGEST_PAUSE_MS, 500 * 2 ** Math.min(failures, 10)) * (0.5 + Math.random() / 2));
    }
  }
}

const pause = (ms) => sleep(ms, undefined, { signal: stopping.signal }).catch(() => undefined);

async function heartbeat() {
  const { rss } = process.memoryUsage();
  const metrics = { memory: Math.round(rss / 1_048_576), handled: state.handled };
  const body = { status: state.busy > 0 ? 'busy' : 'online', metrics };
  await call('POST', `${agentPath}/heartbeat`, { body });
  await pause(state.heartbeatMs);
}

async function readInbox() {
  const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(REQUEST_MS)]);
  const { messages } = await call('GET', `${agentPath}/inbox?wait=${INBOX_WAIT}`, { signal });
  for (const message of messages) await handle(message);
}

async function handle(message) {
  const { id, leaseId, type } = message;
  const path = `/messages/${encodeURIComponent(id)}`;
  state.busy += 1;
  try {
    const reply = await answerTo(message);
    await call('POST', `${path}/ack`, { body: { leaseId, reply } });
    state.handled += 1;
    log('info', 'handled', { id, type });
  } catch (error) {
    log('warn', 'refused', { id, type, error: error.message });
    await call('POST', `${path}/nack`, { body: { leaseId, error: error.message } });
  } finally {
    state.busy -= 1;
  }
}

/** What this agent is for: put your own code here. */
async function answerTo({ payload, from }) {
  const { content } = payload;
  if (typeof content !== 'string') throw new Error('the payload has no content');
  if (settings.llmEndpoint) return { content: await ask(content) };
  return { content: `${from} said: ${content}` };
}

async function ask(content) {
  const response = await fetch(settings.llmEndpoint, {
    method: 'POST',
    signal: AbortSignal.timeout(settings.llmTimeoutMs),
    headers: {
      'content-type': 'application/json',
      ...(settings.llmKey ? { authorization: `Bearer ${settings.llmKey}` } : {}),
    },
    body: JSON.stringify({
      model: settings.llmModel,
      max_tokens: settings.llmMaxTokens,
      messages: [
        { role: 'system', content: state.instruction },
        { role: 'user', content },
      ],
    }),
  });
  if (!response.ok) throw new Error(`the model answered ${response.status}`);
  const { choices } = await response.json();
  return choices[0].message.content;
}

const health = createServer((request, response) => {
  if (request.url !== '/healthz') return response.writeHead(404).end();
  const isWell = Date.now() - state.heardAt < Math.max(STALE_MS, 2 * state.heartbeatMs);
  response.writeHead(isWell ? 200 : 503, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ status: isWell ? 'healthy' : 'unhealthy', handled: state.handled }));
});

async function stop(signal) {
  if (stopping.signal.aborted) return;
  log('info', 'stopping', { signal });
  stopping.abort();
}
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => void stop(signal));

health.on('error', (error) => log('warn', 'no health page', { error: error.message }));
health.listen(settings.healthPort);
await forever('connecting', async () => {
  await connect();
  await Promise.all([forever('heartbeat', heartbeat), forever('inbox', readInbox)]);
});
await call('POST', `${agentPath}/disconnect`, { signal: AbortSignal.timeout(3_000) }).catch((error) =>
  log('warn', 'left without a word', { error: error.message }),
);
health.close();
log('info', 'stopped', { handled: state.handled });
process.exit(0);
