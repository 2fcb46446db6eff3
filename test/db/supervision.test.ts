import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Database } from '../../src/db/database.js';
import { overdueSupervisions } from '../../src/db/supervision.js';
import type { ContainerState, HealthState } from '../../src/schemas/hosting.js';
import { anAgent } from '../support/agents.js';
import { databases } from '../support/databases.js';

const NOW = new Date('2030-01-31T09:00:00.000Z');
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1_000);
const LONG_AGO = ago(3_600);

const container = (status: ContainerState['status'], id: string | null = 'c'): ContainerState => ({
  ...{ id, status, exitCode: null, restarts: 0, error: null },
  at: LONG_AGO.toISOString(),
});
const health = (secondsAgo: number): HealthState => ({
  ...{ status: 'healthy', error: null, failures: 0 },
  at: ago(secondsAgo).toISOString(),
});
const runs = { lifecycle: 'running', updated_at: LONG_AGO, health_interval_ms: 30_000 } as const;

describe.each(databases)('agents that are looked after, $name', ({ open }) => {
  let database: Database;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(() => database.close());

  const isOverdue = async (over: Parameters<typeof anAgent>[1]) => {
    const { id } = await anAgent(database, over);
    const found = await overdueSupervisions(database.db, { now: NOW, graceMs: 30_000 });
    return found.some(({ agentId }) => agentId === id);
  };

  test.each([
    ['was not checked for long', { ...runs, health_url: 'http://x' }],
    ['was checked too long ago', { ...runs, health_url: 'http://x', health: health(121) }],
    ['has no container yet', { ...runs, image: 'a' }],
    ['has a container that nobody checks', { ...runs, image: 'a', container: container('running') }],
    [
      'was started again after its container ended',
      { ...runs, image: 'a', container: container('stopped', null) },
    ],
    [
      'is paused, and its container runs',
      { ...runs, lifecycle: 'paused', image: 'a', container: container('running') },
    ],
    [
      'was stopped, and its container runs',
      { ...runs, lifecycle: 'stopped', image: 'a', container: container('running') },
    ],
    [
      'is suspended, and its container runs',
      { ...runs, is_suspended: true, image: 'a', container: container('running') },
    ],
    [
      'has a container and no image any more',
      { ...runs, lifecycle: 'stopped', container: container('paused') },
    ],
  ] as const)('one that %s is asked for again', async (_, over) => {
    expect(await isOverdue(over)).toBe(true);
  });

  test.each([
    ['was checked in time', { ...runs, health_url: 'http://x', health: health(100) }],
    ['was changed just now', { ...runs, image: 'a', updated_at: ago(20) }],
    [
      'waits for a restart',
      {
        ...runs,
        health_interval_ms: 1_000,
        image: 'a',
        container: { ...container('restarting'), at: ago(60).toISOString() },
      },
    ],
    ['needs nobody', runs],
    ['is paused', { ...runs, lifecycle: 'paused', health_url: 'http://x' }],
    [
      'is paused with its container',
      { ...runs, lifecycle: 'paused', image: 'a', container: container('paused') },
    ],
    [
      'was stopped with its container',
      { ...runs, lifecycle: 'stopped', image: 'a', container: container('stopped', null) },
    ],
    ['has a container that ended for good', { ...runs, image: 'a', container: container('failed') }],
  ] as const)('one that %s is left alone', async (_, over) => {
    expect(await isOverdue(over)).toBe(false);
  });
});
