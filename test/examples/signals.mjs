import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { timersOf } from './example.mjs';

/** The one timer of an agent, once the signal that cancels it has been worked off. */
export async function cancelledTimer(agentId) {
  for (let attempt = 1; attempt <= 40; attempt++) {
    const [timer, ...others] = await timersOf(agentId);
    assert.equal(others.length, 0);
    if (timer?.status === 'cancelled') return timer;
    await sleep(250);
  }
  throw new Error('the timer was not cancelled within 10 s');
}
