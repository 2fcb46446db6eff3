/**
 * An agent: Mainspring says what it is to be, Telegram and Discord bring it messages, Claude answers them.
 *
 *     npm start        (README.md beside this file lists the variables)
 */
import { existsSync } from 'node:fs';
import { openChats } from './chats.mjs';
import { openClaude } from './claude.mjs';
import { createFileCache } from './file-cache.mjs';
import { AIWMClient } from './mainspring.mjs';
import { createMetrics } from './metrics.mjs';
import { createPlatforms } from './platforms.mjs';
import { readSettings } from './settings.mjs';

if (existsSync('.env')) process.loadEnvFile('.env');

/** How long an answer that is under way may still take when the agent is told to end. */
const END_LIMIT_MS = 10_000;
/** What it works with when AIWM_ENABLED is false. */
const ALONE = {
  instruction: process.env.AGENT_INSTRUCTION ?? '',
  tools: [],
  settings: {},
  model: null,
  heartbeat: { intervalMs: 60_000 },
};
const log = (text) => console.log(`${new Date().toISOString()} ${text}`);

let isEnding = false;
let intervalMs;

/** Works with a configuration from now on: Claude reads it with each message, platforms and heartbeats are told. */
function work(config) {
  if (isEnding) return;
  if (config.heartbeat.intervalMs !== intervalMs) {
    intervalMs = config.heartbeat.intervalMs;
    aiwm.startHeartbeat(intervalMs);
  }
  return platforms.use(readSettings(config));
}

const chats = openChats({
  answer: (message) => answer(message),
  onBusy: (count) => aiwm.setStatus(count > 0 ? 'busy' : 'online'),
});
const platforms = createPlatforms({ onMessage: chats.take, log });

const aiwm = new AIWMClient({
  metrics: createMetrics(() => chats.count),
  cache: createFileCache('.state/config.json'),
  onConfigChange(config) {
    log(`configuration ${config.configVersion}: it holds from the next message on`);
    return work(config);
  },
  onCommand(command) {
    log(`told to ${command}`);
    if (command === 'pause') chats.pause();
    if (command === 'resume') chats.resume();
    if (command === 'stop') void end();
  },
  onState: (state, failure) => log(failure ? `${state}: ${failure.message}` : state),
});

const claude = await openClaude({
  recordToolUse: (name, hasSucceeded) => aiwm.recordToolUse(name, hasSucceeded),
});

/** With whatever configuration holds now: a change of it needs no restart. */
async function answer({ chat, text }) {
  try {
    const reply = await claude.ask(chat, text, readSettings(aiwm.config ?? ALONE).claude);
    aiwm.recordOutcome(true);
    return reply;
  } catch (error) {
    aiwm.recordOutcome(false);
    log(`no answer for ${chat}: ${error.message}`);
    return 'Sorry, that did not work. Please try again later.';
  }
}

async function end() {
  if (isEnding) return;
  isEnding = true;
  log('ends');
  setTimeout(() => process.exit(1), 3 * END_LIMIT_MS).unref();
  await platforms.close();
  await chats.close(END_LIMIT_MS);
  await claude.close();
  await aiwm.disconnect();
  process.exit(0);
}
process.once('SIGTERM', end).once('SIGINT', end);

try {
  const config = (await aiwm.connect({ allowCached: true })) ?? ALONE;
  const names = config.tools.map(({ name }) => name).join(', ') || 'none';
  log(`configuration ${config.configVersion ?? 'of its own'}, tools: ${names}`);
  await work(config);
} catch (error) {
  if (!isEnding) {
    log(`cannot connect: ${error.message}`);
    process.exit(1);
  }
}
