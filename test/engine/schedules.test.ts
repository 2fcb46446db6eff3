import { expect, test } from '@jest/globals';
import { type Client, type ScheduleDescription, ServiceError } from '@temporalio/client';
import { createSchedules } from '../../src/engine/schedules.js';

/** What a server answers of a schedule whose runs came faster than they ended. */
const CROWDED = {
  info: {
    ...{ nextActionTimes: [], recentActions: [], numActionsTaken: 7 },
    ...{ numActionsSkippedOverlap: 2, numActionsMissedCatchupWindow: 1 },
  },
  raw: { info: { bufferDropped: 40 } },
} as unknown as ScheduleDescription;

test('what Temporal did not answer in time it is asked once more', async () => {
  const late = Object.assign(new Error('Timeout expired'), {
    code: 1,
    details: 'Timeout expired',
    metadata: {},
  });
  const answers = [
    () => Promise.reject(new ServiceError('Failed to describe schedule', { cause: late })),
    async () => CROWDED,
  ];
  const schedule = {
    getHandle: () => ({ describe: () => answers.shift()?.() }),
    withDeadline: (_: number, use: () => Promise<unknown>) => use(),
  } as unknown as Client['schedule'];
  const state = await createSchedules({ schedule }).describe({ orgId: 'demo', scheduleId: 's1' });
  expect(state).toMatchObject({ runs: 7 });
});

test('runs that found no place among those that wait count as left out', async () => {
  const schedule = {
    getHandle: () => ({ describe: async () => CROWDED }),
    withDeadline: (_: number, use: () => Promise<unknown>) => use(),
  } as unknown as Client['schedule'];
  const state = await createSchedules({ schedule }).describe({ orgId: 'demo', scheduleId: 's1' });
  expect(state).toMatchObject({ runs: 7, skipped: 42, missed: 1 });
});
