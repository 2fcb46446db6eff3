import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newAgentId, run, timersOf } from './example.mjs';

test('the phases follow each other for every agent', async () => {
  const agentId = newAgentId();
  const env = { AGENT_ID: agentId, PHASE_SECONDS: '1' };
  const output = await run(process.execPath, ['07-phased-coordination.mjs'], env);
  const begun = [...output.matchAll(/^agent-\d begins (\w+)/gm)].map(([, phase]) => phase);
  assert.deepEqual(begun, ['initialise', 'initialise', 'process', 'process', 'finish', 'finish']);
  assert.match(output, /all phases done/);
  const timers = await timersOf(agentId);
  assert.ok(timers.every(({ status }) => status === 'fired'));
});
