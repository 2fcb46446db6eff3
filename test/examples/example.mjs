/** What the tests of the examples share: running one, and asking the API what became of its timers. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url));
const ROOT = path.join(EXAMPLES, '..');
const BASE_URL = process.env.MINOOTS_BASE_URL ?? 'http://localhost:3000';
const API_KEY = process.env.MINOOTS_API_KEY ?? 'mnt_demo_key_pro';
const LIMIT_MS = 300_000;

/** An agent's name that no other run has used. */
export const newAgentId = () => `agent-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 6)}`;

/** Runs a command in examples/ to its end; answers its output, or fails with it. */
export function run(command, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: EXAMPLES,
      env: {
        ...process.env,
        PYTHONUNBUFFERED: '1',
        CARGO_TARGET_DIR: path.join(ROOT, '.test/cargo'),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LIMIT_MS,
    });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code ?? signal}\n${output}`));
    });
  });
}

/** One call of the API, repeated when the rate limit asks for it. */
export async function api(call) {
  for (;;) {
    const response = await fetch(`${BASE_URL}${call}`, { headers: { 'X-API-Key': API_KEY } });
    if (response.status !== 429) {
      assert.ok(response.ok, `${call} answered ${response.status}: ${await response.clone().text()}`);
      return response.json();
    }
    await sleep(1_000 * Number(response.headers.get('retry-after') ?? 1));
  }
}

/** The timers of an agent, in the order of their due moments, once none of them is on its way any more. */
export async function timersOf(agentId) {
  for (let attempt = 1; ; attempt++) {
    const { timers } = await api(`/timers?tenantId=${agentId}&limit=500`);
    const isSettled = timers.every(({ status }) => status !== 'firing');
    if (isSettled || attempt === 20) return timers.sort((a, b) => a.fireAt.localeCompare(b.fireAt));
    await sleep(100);
  }
}

/** The numbers that a pattern finds in an output, each as its first group. */
export const numbersIn = (output, pattern) => [...output.matchAll(pattern)].map(([, found]) => Number(found));
