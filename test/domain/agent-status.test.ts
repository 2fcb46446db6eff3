import { expect, test } from '@jest/globals';
import { agentDetails } from '../../src/domain/agent-details.js';
import { agentStatus, commandsOf, connectionOf } from '../../src/domain/agent-status.js';
import { GAP_MS, isSilent, PULSE_MS, silentInMs } from '../../src/domain/silence.js';
import { silenceActions, silenceTimerId } from '../../src/domain/silence-timer.js';

test('being suspended goes before everything, being offline before being busy', () => {
  expect(agentStatus({ isSuspended: true, connection: 'busy' })).toBe('suspended');
  expect(agentStatus({ isSuspended: false, connection: 'offline' })).toBe('inactive');
  expect(agentStatus({ isSuspended: false, connection: 'busy' })).toBe('busy');
  expect(agentStatus({ isSuspended: false, connection: 'idle' })).toBe('active');
});

test('an agent whose code runs here is online while it is to run; any other while it is connected', () => {
  const hosted = { definition: 'Surveyor', connection: 'offline' as const };
  expect(connectionOf({ ...hosted, lifecycle: 'running' })).toBe('online');
  for (const lifecycle of ['created', 'paused', 'stopped'] as const)
    expect(connectionOf({ ...hosted, lifecycle })).toBe('offline');
  const elsewhere = { definition: null, lifecycle: 'running' as const };
  expect(connectionOf({ ...elsewhere, connection: 'offline' })).toBe('offline');
  expect(connectionOf({ ...elsewhere, connection: 'idle' })).toBe('idle');
});

test('an agent is told to pause or to stop as long as it is so', () => {
  expect(commandsOf('running')).toEqual([]);
  expect(commandsOf('paused')).toEqual(['pause']);
  expect(commandsOf('stopped')).toEqual(['stop']);
});

test('silence counts from the last heartbeat, or from when one could have come again', () => {
  const seen = { lastHeartbeatAt: 1_000, restoredAt: 0, deadlineMs: 500, pulseAt: 1_499 };
  expect(isSilent(seen)).toBe(false);
  expect(isSilent({ ...seen, pulseAt: 1_500 })).toBe(true);
  expect(isSilent({ ...seen, pulseAt: 2_499, restoredAt: 2_000 })).toBe(false);
  expect(isSilent({ ...seen, pulseAt: 2_500, restoredAt: 2_000 })).toBe(true);
});

test('an outage that has just begun is not counted as silence', () => {
  const seen = { lastHeartbeatAt: 1_000, restoredAt: 0, deadlineMs: 500, pulseAt: 1_400 };
  expect(isSilent(seen)).toBe(false);
  expect(silentInMs(seen, 1_600)).toBe(PULSE_MS);
  expect(silentInMs(seen, 1_400)).toBe(100 + PULSE_MS);
  expect(silentInMs(seen, seen.pulseAt + GAP_MS + 1)).toBe(seen.deadlineMs);
});

const SILENCE = {
  agentId: 'a',
  name: 'An agent',
  sessionId: 's',
  lastHeartbeatAt: '2030-01-31T09:00:00.000Z',
};

test('what is known of a silence goes along with the data, and never over it', () => {
  const facts = { agent_id: 'a', agent_name: 'An agent', last_heartbeat_at: SILENCE.lastHeartbeatAt };
  const signal = { type: 'signal' as const, workflowId: 'mine/org/1', signal: 'silent', args: [] };
  expect(
    silenceActions([{ type: 'log', data: { agent_id: 'mine', more: 1 } }, { type: 'log' }, signal], SILENCE),
  ).toEqual([
    { type: 'log', data: { ...facts, agent_id: 'mine', more: 1 } },
    { type: 'log', data: facts },
    signal,
  ]);
  expect(silenceTimerId(SILENCE)).toBe('s.silence');
});

test('a name cannot bring markup into what people read of a run', () => {
  const state = {
    name: '<b>x</b> [y](z)\n# h',
    lifecycle: 'running' as const,
    isSuspended: false,
    connection: 'online' as const,
  };
  const details = agentDetails(
    { orgId: 'o', agentId: 'a' },
    { ...state, deadlineMs: 3_000, silentInMs: 1, lastHeartbeatAt: null },
  );
  expect(details.split('\n')[0]).not.toMatch(/[<>[\]()#]/);
});
