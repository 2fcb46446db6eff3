import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newAgentId, run, timersOf } from './example.mjs';

test('a living agent keeps its watchdog quiet, a silent one is restarted by it', async () => {
  const agentId = newAgentId();
  const env = { AGENT_ID: agentId, WATCHDOG_INTERVAL_SECONDS: '2' };
  const manifest = ['--manifest-path', '04-watchdog/Cargo.toml', '--quiet'];
  const output = await run('cargo', ['run', ...manifest], env);
  assert.match(output, /step 3 done.*the agent hangs.*the watchdog fired.*step 1 done.*nothing watches it/s);
  const timers = await timersOf(agentId);
  assert.deepEqual(
    timers.map(({ status }) => status),
    ['fired', 'cancelled'],
  );
});
