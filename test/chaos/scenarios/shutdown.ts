import { setTimeout as sleep } from 'node:timers/promises';
import { createMany } from '../caller.js';
import type { Cluster } from '../cluster/cluster.js';
import type { Program } from '../cluster/program.js';
import { type Bench, openBench, type Stage, seconds, until } from '../stage.js';
import { judgeEngine, judgeLedger, judgeTimers, type Verdict } from '../verdict.js';
import { listTimers, lookAtEngine } from '../views.js';

const TIMERS = 500;
const LEAD_MS = 3_000;
const SPREAD_MS = 14_000;
const STOP_AFTER_MS = 6_000;
export const SHUTDOWN_LIMIT_MS = 30_000;

/** SIGTERM to every process while timers are armed, fired and created; then all of them again. */
export async function shutdown({ verdict, tell }: Stage, cluster: Cluster): Promise<void> {
  const bench = await openBench('shutdown', cluster, { thinksMs: 50 });
  const programs = [...cluster.apis, ...cluster.workers];
  try {
    const firstDue = Date.now() + LEAD_MS;
    await createMany(bench, {
      count: TIMERS,
      width: 32,
      dueOf: (index) => firstDue + (index * SPREAD_MS) / TIMERS,
    });
    await sleep(Math.max(0, firstDue - LEAD_MS + STOP_AFTER_MS - Date.now()));
    const late = createMany(bench, { count: 60, width: 8, dueOf: () => Date.now() + SPREAD_MS });
    tell(`SIGTERM to ${programs.length} processes`);
    await terminate(verdict, programs);
    await Promise.all(programs.map((program) => program.start()));
    await late;
    await judgeAfterwards(verdict, bench, cluster.temporalAddress);
  } finally {
    await bench.close();
  }
}

export async function terminate(verdict: Verdict, programs: readonly Program[]): Promise<void> {
  const ends = await Promise.all(programs.map((program) => program.terminate(SHUTDOWN_LIMIT_MS + 5_000)));
  const slowest = Math.max(...ends.map(({ tookMs }) => tookMs));
  verdict.say(`SIGTERM: exit ${ends.map(({ code }) => code).join(' ')} in at most ${seconds(slowest)}`);
  verdict.check(
    'every process ends with 0',
    ends.every(({ code }) => code === 0),
    ends,
  );
  verdict.check('within 30 s', slowest <= SHUTDOWN_LIMIT_MS, slowest);
}

/** Stopping is no fault: nothing comes twice. */
export async function judgeAfterwards(
  verdict: Verdict,
  bench: Bench,
  temporalAddress: string,
): Promise<void> {
  const latest = Math.max(...[...bench.ledger.intents.values()].map(({ fireAtMs }) => fireAtMs));
  await until(() => bench.ledger.missing().length === 0, latest + 30_000 - Date.now());
  judgeLedger(verdict, bench.ledger, { acknowledged: 1, duplicates: 0 });
  const isFinished = async () =>
    (await listTimers(bench.caller, bench.run)).every(({ status }) => status === 'fired');
  await until(isFinished, 30_000);
  judgeTimers(verdict, bench.ledger, await listTimers(bench.caller, bench.run));
  judgeEngine(verdict, await lookAtEngine(temporalAddress));
}
