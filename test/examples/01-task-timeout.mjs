import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newAgentId, run, timersOf } from './example.mjs';

test('a task that ends in time cancels its timer, one that does not is stopped by it', async () => {
  const agentId = newAgentId();
  const env = { AGENT_ID: agentId, DEFAULT_TIMEOUT_SECONDS: '2' };
  const output = await run('python3', ['01-task-timeout.py'], env);
  assert.match(output, /quick-task ended in time with an answer/);
  assert.match(output, /endless-task was stopped by its timeout/);
  const timers = await timersOf(agentId);
  assert.deepEqual(
    timers.map(({ name, status }) => [name, status]),
    [
      ['timeout-quick-task', 'cancelled'],
      ['timeout-endless-task', 'fired'],
    ],
  );
});
