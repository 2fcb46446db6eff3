import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newAgentId, run } from './example.mjs';
import { cancelledTimer } from './signals.mjs';

test('the temporal command creates, reads and cancels a timer', async () => {
  const agentId = newAgentId();
  const output = await run('bash', ['signals/timers-by-cli.sh'], { AGENT_ID: agentId });
  const timer = await cancelledTimer(agentId);
  assert.equal(timer.cancelledBy, 'timers-by-cli');
  assert.ok(output.indexOf('The window:') < output.lastIndexOf(`"${timer.id}"`), output);
});
