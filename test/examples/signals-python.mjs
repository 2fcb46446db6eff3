import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newAgentId, run } from './example.mjs';
import { cancelledTimer } from './signals.mjs';

test('a Python service creates, reads and cancels a timer', async () => {
  const agentId = newAgentId();
  const output = await run('python3', ['signals/timers_by_signal.py'], { AGENT_ID: agentId });
  const timer = await cancelledTimer(agentId);
  assert.equal(timer.cancelledBy, 'timers_by_signal');
  assert.match(output, new RegExp(`"next": \\[.*${timer.id}`));
});
