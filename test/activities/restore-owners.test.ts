import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { WorkflowNotFoundError } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createRestoreOwners } from '../../src/activities/restore-owners.js';
import type { Database } from '../../src/db/database.js';
import { dueStretch } from '../../src/db/windows.js';
import { createStarter, type Starter } from '../../src/engine/starter.js';
import type { Timer } from '../../src/schemas/timer.js';
import { databases, silentLog } from '../support/databases.js';
import { openTestEngine } from '../support/engine.js';
import { eventually, startMainspring } from '../support/mainspring.js';

const LIMIT_MS = 60_000;
const DAY_MS = 86_400_000;
let database: Database;
let timers: Timer[];

beforeAll(async () => {
  const [embedded] = databases;
  if (!embedded) throw new Error('there is no database to test on');
  database = await embedded.open();
  const mainspring = await startMainspring({ database });
  const create = (duration: string) => mainspring.createTimer({ duration });
  timers = await Promise.all(['40s', '41s', '3d', '3d', '400d'].map(create));
  await mainspring.close();
}, LIMIT_MS);
afterAll(() => database.close());

/** Temporal with nothing in it, beside the database as it is. */
async function openEmpty() {
  const engine = await openTestEngine();
  const starter = createStarter({ client: engine.client, log: silentLog, temporalUiUrl: '' });
  const restore = (heartbeatDetails?: number) =>
    new MockActivityEnvironment({ heartbeatDetails }).run(
      createRestoreOwners({ database, starter, log: silentLog }),
    );
  const close = async () => {
    starter.close();
    await engine.close();
  };
  return { starter, restore, close, workflows: engine.client.workflow };
}

const ownerOf = (starter: Starter, timer: Timer | undefined) =>
  starter.runOf('demo', new Date(timer?.fireAt ?? 0)).workflowId;

test(
  'after Temporal was lost, the sweep of the first worker gives all timers their owners again',
  async () => {
    const mainspring = await startMainspring({ database });
    for (const timer of timers) {
      const handle = mainspring.workflows.getHandle(ownerOf(mainspring.starter, timer));
      await eventually(
        () => handle.describe().catch(() => null),
        (found) => found?.status.name === 'RUNNING',
      );
    }
    await mainspring.close();
  },
  LIMIT_MS,
);

test('stretches of time come one after the other, and what is far has one moment an hour', async () => {
  const now = new Date();
  const near = await dueStretch(database.db, { from: new Date(0), now });
  expect(near?.moments[0]?.fireAt.toISOString()).toBe(timers[0]?.fireAt);
  const far = await dueStretch(database.db, { from: near?.until ?? now, now });
  const hours = new Set(timers.slice(2, 4).map(({ fireAt }) => fireAt.slice(0, 13)));
  expect(far?.moments).toHaveLength(hours.size);
  const last = await dueStretch(database.db, { from: far?.until ?? now, now });
  expect(last?.moments.map(({ fireAt }) => fireAt.toISOString())).toEqual([timers[4]?.fireAt]);
  expect(last?.until.getTime()).toBeLessThanOrEqual((last?.moments[0]?.fireAt.getTime() ?? 0) + DAY_MS);
  expect(await dueStretch(database.db, { from: last?.until ?? now, now })).toBeNull();
});

test('a worker that takes over goes on where the one before was', async () => {
  const { starter, restore, close, workflows } = await openEmpty();
  expect(await restore(Date.now() + 4 * DAY_MS)).toBe(1);
  const statusOf = async (timer: Timer | undefined) =>
    (await workflows.getHandle(ownerOf(starter, timer)).describe()).status.name;
  expect(await statusOf(timers[4])).toBe('RUNNING');
  await expect(statusOf(timers[0])).rejects.toThrow(WorkflowNotFoundError);
  const all = await restore();
  expect(await statusOf(timers[0])).toBe('RUNNING');
  expect(await restore()).toBe(all);
  await close();
});
