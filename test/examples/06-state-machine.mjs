import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newAgentId, run, timersOf } from './example.mjs';

test('a state that lasts too long ends in error, a deadline of a state that was left does nothing', async () => {
  const agentId = newAgentId();
  const env = { AGENT_ID: agentId, STATE_TIMEOUT_SECONDS: '1.5' };
  const output = await run('python3', ['06-state-machine.py'], env);
  assert.deepEqual(output.trim().split('\n'), [
    'state: planning',
    'state: executing',
    'executing took too long',
    'state: error',
  ]);
  const timers = await timersOf(agentId);
  assert.deepEqual(
    timers.map(({ name, status }) => [name, status]),
    [
      ['state-planning', 'cancelled'],
      ['state-executing', 'fired'],
    ],
  );
});
