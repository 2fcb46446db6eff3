import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newAgentId, numbersIn, run, timersOf } from './example.mjs';

test('all agents are called for the same instant, none before it', async () => {
  const agentId = newAgentId();
  const env = { AGENT_ID: agentId, SYNC_DELAY_SECONDS: '3' };
  const output = await run('python3', ['03-synchronisation.py'], env);
  const lateness = numbersIn(output, /started (-?\d+) ms after/g);
  assert.equal(lateness.length, 3);
  assert.ok(Math.min(...lateness) >= 0, output);
  const timers = await timersOf(agentId);
  assert.equal(new Set(timers.map(({ fireAt }) => fireAt)).size, 1);
  assert.ok(timers.every(({ status }) => status === 'fired'));
});
