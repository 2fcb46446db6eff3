import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newAgentId, run, timersOf } from './example.mjs';

test('each retry waits twice as long as the one before', async () => {
  const agentId = newAgentId();
  const env = { AGENT_ID: agentId, DEFAULT_RETRY_ATTEMPTS: '4', BASE_DELAY_SECONDS: '0.5' };
  const output = await run(process.execPath, ['02-exponential-backoff.mjs'], env);
  assert.match(output, /attempt 4 succeeded with an answer/);
  const timers = await timersOf(agentId);
  assert.deepEqual(
    timers.map(({ durationMs, status }) => [durationMs, status]),
    [
      [500, 'fired'],
      [1_000, 'fired'],
      [2_000, 'fired'],
    ],
  );
});
