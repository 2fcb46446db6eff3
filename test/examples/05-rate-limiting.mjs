import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newAgentId, numbersIn, run, timersOf } from './example.mjs';

test('calls keep their distance', async () => {
  const agentId = newAgentId();
  const env = { AGENT_ID: agentId, MIN_DELAY_SECONDS: '1' };
  const output = await run('python3', ['05-rate-limiting.py'], env);
  const [gap] = numbersIn(output, /at least (\d+) ms apart/g);
  assert.ok(gap >= 1_000, output);
  const timers = await timersOf(agentId);
  assert.equal(timers.length, 2);
  assert.ok(timers.every(({ status }) => status === 'fired'));
});
