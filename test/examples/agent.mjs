import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../scripts/free-port.mjs';
import { EXAMPLES, newAgentId, timersOf } from './example.mjs';

test('the agent says how it is, and cancels its timers when it is told to end', async () => {
  const agentId = newAgentId();
  const port = await freePort();
  const env = {
    AGENT_ID: agentId,
    PORT: String(port),
    WATCHDOG_INTERVAL_SECONDS: '30',
    WORK_INTERVAL_SECONDS: '0.5',
  };
  const agent = spawn('python3', ['agent/agent.py'], {
    cwd: EXAMPLES,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const ended = once(agent, 'exit');
  try {
    let health;
    const deadline = Date.now() + 20_000;
    do {
      await sleep(200);
      const answer = await fetch(`http://127.0.0.1:${port}/agent/health`).catch(() => null);
      health = answer?.ok ? await answer.json() : undefined;
    } while (health?.status !== 'healthy' && Date.now() < deadline);
    assert.equal(health?.status, 'healthy');
    assert.equal(health.metrics.agent_id, agentId);
    assert.equal(health.metrics.success_rate, 1);
    assert.ok(health.metrics.completed_timers >= 1);
    agent.kill('SIGTERM');
    const [code] = await ended;
    assert.equal(code, 0);
    const timers = await timersOf(agentId);
    assert.ok(timers.length >= 2);
    assert.ok(timers.every(({ status }) => status === 'cancelled'));
  } finally {
    agent.kill('SIGKILL');
  }
});
