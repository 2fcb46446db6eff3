import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CycleRefused, createSchedules, type Schedules, type TaskCycle } from '../../src/engine/schedules.js';
import { nextRuns, plainCron, readCycle } from '../../src/schedules/cycle.js';
import { openTestEngine, type TestEngine } from '../support/engine.js';

let engine: TestEngine;
let schedules: Schedules;
beforeAll(async () => {
  engine = await openTestEngine();
  schedules = createSchedules(engine.client);
});
afterAll(() => engine.close());

const cycleOf = (cron: string, timezone: string): TaskCycle => ({
  ...{ orgId: 'demo', scheduleId: randomUUID(), agentId: 'nobody', cron, timezone },
  ...{ intervalMs: null, offsetMs: 0, priority: 7, overlap: 'skip', jitterMs: 0 },
  ...{ catchupWindowMs: 3_600_000, endsAt: null, isPaused: true, revision: 1 },
});
async function plannedOf(cron: string, timezone: string): Promise<Date[] | undefined> {
  const cycle = cycleOf(cron, timezone);
  await schedules.put(cycle);
  const state = await schedules.describe(cycle);
  await schedules.delete(cycle);
  return state?.nextRuns;
}

/** The same in each run of the test. */
function chances(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}
const DAYS = ['SUN', 'mon', 'Tue', 'WED', 'thu', 'Fri', 'SAT'];
const MONTHS = ['JAN', 'feb', 'Mar', 'APR', 'MAY', 'jun', 'JUL', 'AUG', 'Sep', 'OCT', 'NOV', 'DEC'];

/** Expressions as people write them, wrong ones among them. */
function* expressions(count: number) {
  const chance = chances(7);
  const field = (from: number, to: number, names: string[] = []) => {
    const one = () => from + chance(to - from + 1);
    const shown = (value: number) => (chance(2) === 0 ? (names[value - from] ?? `${value}`) : `${value}`);
    const part = () => {
      const [first, second] = [one(), one()];
      const range = `${shown(first)}-${shown(second)}`;
      return ['*', shown(first), range, `${range}/${1 + chance(4)}`, `*/${1 + chance(to)}`][chance(5)] ?? '*';
    };
    return chance(3) === 0 ? `${part()},${part()}` : part();
  };
  for (let made = 0; made < count; made += 1)
    yield [
      field(0, 59),
      field(0, 23),
      field(1, 31),
      field(1, 12, MONTHS),
      field(0, 7, [...DAYS, 'SUN']),
    ].join(' ');
}
const WITH_SUNDAYS = [
  'FRI-SUN',
  'SAT-SUN',
  'sat-sun/2',
  'MON,FRI-SUN',
  '5-7',
  '0-7',
  '7',
  'SUN-TUE',
  'SUN',
  '1-7/3',
];

test('Temporal runs all that is taken, when it was said to', async () => {
  const now = new Date();
  const taken = [...WITH_SUNDAYS.map((days) => `30 9 * * ${days}`), ...expressions(400)].filter(
    (cron) => readCycle({ cron_expression: cron, timezone: 'UTC' }, now).kind === 'ready',
  );
  expect(taken.slice(0, WITH_SUNDAYS.length)).toHaveLength(WITH_SUNDAYS.length);
  expect(taken.length).toBeGreaterThan(60);
  for (const cron of taken) {
    const cycle = { cron, intervalMs: null, timezone: 'UTC' };
    const before = new Date();
    const planned = (await plannedOf(plainCron(cron), 'UTC')) ?? [];
    const runs = nextRuns(cycle, { after: before, count: 11, anchor: now });
    // A minute may have passed in between.
    const first = runs.findIndex((run) => run.getTime() === planned[0]?.getTime());
    expect([cron, first === 0 || first === 1]).toEqual([cron, true]);
    expect([cron, planned]).toEqual([cron, runs.slice(first, first + 10)]);
  }
}, 60_000);

test('what Temporal says can never be is told apart from Temporal being away', async () => {
  await expect(schedules.put(cycleOf('0 9 * * FRI-SUN', 'UTC'))).rejects.toThrow(CycleRefused);
});
