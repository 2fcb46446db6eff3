import { setTimeout as sleep } from 'node:timers/promises';
import { cancel, create } from '../caller.js';
import type { Cluster } from '../cluster/cluster.js';
import type { Program } from '../cluster/program.js';
import { quantile } from '../ledger.js';
import { createRandom } from '../random.js';
import { type Bench, openBench, type Stage, seconds, until } from '../stage.js';
import { judgeEngine, judgeLedger, judgeTimers } from '../verdict.js';
import { listTimers, lookAtEngine } from '../views.js';

const SIZES = {
  short: { timers: 1_200, spreadMs: 40_000, killsOfEach: 3 },
  full: { timers: 10_000, spreadMs: 200_000, killsOfEach: 8 },
};
const DUE_MS = [1_000, 60_000] as const;
/** Nothing is due later than this after the last create, so that a short run ends soon. */
const TAIL_MS = { short: 15_000, full: 60_000 };
const DOWN_MS = [1_000, 3_000] as const;
const KINDS = ['api', 'worker', 'temporal', 'database'] as const;
type Kind = (typeof KINDS)[number];

/** A receiver that takes a moment, so that kills find requests on their way. */
const THINKS_MS = 30;
const HEALTHY_LIMIT_MS = 30_000;
const OVERDUE_LIMIT_MS = 60_000;
const PROBES = 20;
const ON_TIME_MS = 500;
/** One in so many is cancelled, and of one in so many the first request is refused. */
const CANCELLED_EVERY = 25;
const REFUSED_EVERY = 25;

/** Timers are created while everything that Mainspring is made of is killed in turn, and at last all at once. */
export async function storm(stage: Stage, cluster: Cluster): Promise<void> {
  const failsFirst = (order: number) => order < SIZES[stage.form].timers && order % REFUSED_EVERY === 7;
  const bench = await openBench('storm', cluster, { failsFirst, thinksMs: THINKS_MS });
  try {
    const faults = killInTurn(stage, cluster);
    const creating = createAll(stage, bench);
    const lastRestartAt = await faults;
    await recover(stage, cluster, bench, lastRestartAt, creating);
    await probe(stage, bench);
    await judge(stage, cluster, bench);
  } finally {
    await bench.close();
  }
}

async function createAll({ form, random: { seed } }: Stage, bench: Bench): Promise<void> {
  // Its own: the kills draw at the same time, and in no order that repeats.
  const random = createRandom(seed + 1);
  const { timers, spreadMs } = SIZES[form];
  const { caller, ledger } = bench;
  const startedAt = Date.now();
  const latestDue = startedAt + spreadMs + TAIL_MS[form];
  const one = async () => {
    const intent = ledger.want(Math.min(Date.now() + random.between(...DUE_MS), latestDue));
    await create(bench, intent);
    if (intent.id !== null && intent.order % CANCELLED_EVERY === 3) await cancel(caller, intent);
  };
  const all: Promise<void>[] = [];
  for (let index = 0; index < timers; index++) {
    const waitMs = startedAt + (index * spreadMs) / timers - Date.now();
    if (waitMs > 0) await sleep(waitMs);
    all.push(one());
  }
  await Promise.all(all);
}

/** Answers when the last victim began to come back. */
async function killInTurn({ form, random, tell, verdict }: Stage, cluster: Cluster): Promise<number> {
  const wanted = SIZES[form].killsOfEach * KINDS.length;
  const order = Array.from({ length: SIZES[form].killsOfEach }, () => random.shuffled(KINDS)).flat();
  const startedAt = Date.now();
  const starts: Promise<void>[] = [];
  let ownEnds = 0;
  let landed = 0;
  const guard = watchForOwnEnds(cluster, (name) => {
    ownEnds++;
    tell(`${name} ended by itself`);
  });
  for (const [index, kind] of order.entries()) {
    const victim = victimOf(kind, cluster, (programs) => random.pick(programs));
    guard.expect(victim.name);
    const downMs = random.between(...DOWN_MS);
    if (victim.isRunning()) landed++;
    tell(`kill -9 ${victim.name}, back in ${downMs} ms (${index + 1} of ${wanted})`);
    await victim.kill();
    await sleep(downMs);
    // The next fault comes when this one is healed, or a moment before.
    const started = victim.start().finally(() => guard.welcome(victim.name));
    starts.push(started);
    await Promise.race([started, sleep(random.between(1_500, 6_000))]);
  }
  await Promise.all(starts);
  const everything = [...cluster.apis, ...cluster.workers, cluster.temporal, cluster.database];
  for (const { name } of everything) guard.expect(name);
  tell('kill -9 of everything at once');
  await Promise.all(everything.map((victim) => victim.kill()));
  await sleep(random.between(...DOWN_MS));
  const lastRestartAt = Date.now();
  await Promise.all(random.shuffled(everything).map((victim) => victim.start()));
  guard.end();
  verdict.say(`${order.length + everything.length} kills in ${seconds(lastRestartAt - startedAt)}`);
  verdict.check(
    'at least 90 % of the faults landed',
    landed >= order.length * 0.9,
    `${landed} of ${order.length}`,
  );
  verdict.check('no process ends because another one died', ownEnds === 0, ownEnds);
  return lastRestartAt;
}

const victimOf = (kind: Kind, cluster: Cluster, pick: (programs: Program[]) => Program) => {
  switch (kind) {
    case 'api':
      return pick(cluster.apis);
    case 'worker':
      return pick(cluster.workers);
    default:
      return cluster[kind];
  }
};

/** An API or worker that ends though nobody killed it is noted, and started again as its supervisor would. */
function watchForOwnEnds({ apis, workers }: Cluster, note: (name: string) => void) {
  const expected = new Set<string>();
  const check = setInterval(() => {
    for (const program of [...apis, ...workers]) {
      if (program.isRunning() || expected.has(program.name)) continue;
      note(program.name);
      expected.add(program.name);
      program.start().then(
        () => expected.delete(program.name),
        (error: unknown) => note(String(error)),
      );
    }
  }, 100);
  return {
    expect: (name: string) => void expected.add(name),
    welcome: (name: string) => void expected.delete(name),
    end: () => clearInterval(check),
  };
}

async function recover(
  { verdict }: Stage,
  cluster: Cluster,
  { ledger }: Bench,
  lastRestartAt: number,
  creating: Promise<void>,
): Promise<void> {
  const healthyAfter = await until(cluster.areHealthy, HEALTHY_LIMIT_MS);
  const healthyMs = healthyAfter === null ? null : Date.now() - lastRestartAt;
  const overdue = () => ledger.missing().filter(({ fireAtMs }) => fireAtMs < lastRestartAt);
  const limitMs = lastRestartAt + OVERDUE_LIMIT_MS - Date.now();
  const doneAfter = await until(() => overdue().length === 0, limitMs);
  const doneMs = doneAfter === null ? null : Date.now() - lastRestartAt;
  verdict.say(`after the last restart healthy in ${seconds(healthyMs)}, overdue done in ${seconds(doneMs)}`);
  verdict.check(
    'health is green within 30 s',
    healthyMs !== null && healthyMs <= HEALTHY_LIMIT_MS,
    healthyMs,
  );
  verdict.check('overdue work is done within 60 s', doneMs !== null, overdue().length);
  await creating;
  const latest = Math.max(...[...ledger.intents.values()].map(({ fireAtMs }) => fireAtMs));
  await until(() => ledger.missing().length === 0, latest + OVERDUE_LIMIT_MS - Date.now());
}

/** Timers that are created when all is well again are on time. */
async function probe({ verdict }: Stage, bench: Bench): Promise<void> {
  const { ledger } = bench;
  const intents = await Promise.all(
    Array.from({ length: PROBES }, async (_, index) => {
      const intent = ledger.want(Date.now() + 1_500 + index * 150);
      await create(bench, intent);
      return intent;
    }),
  );
  await until(() => intents.every(({ order }) => ledger.isServed(order)), 15_000);
  const lateness = intents.map(({ order, fireAtMs }) => {
    const first = ledger.arrivalsOf(order).find(({ status }) => status < 300);
    return first ? first.atMs - fireAtMs : Number.POSITIVE_INFINITY;
  });
  const onTime = lateness.filter((late) => late >= 0 && late <= ON_TIME_MS).length;
  verdict.say(`probes: ${onTime} of ${PROBES} on time, p50 ${quantile(lateness, 0.5)} ms`);
  verdict.check(`${PROBES} of ${PROBES} probes are on time`, onTime === PROBES, lateness);
}

async function judge({ verdict }: Stage, cluster: Cluster, { ledger, caller, run }: Bench): Promise<void> {
  judgeLedger(verdict, ledger, { acknowledged: 0.9, duplicates: 0.01 });
  const statuses = [...caller.statuses]
    .sort(([a], [b]) => a - b)
    .map(([status, count]) => `${status}×${count}`);
  verdict.say(`answers ${statuses.join(' ')}`);
  verdict.check('an outage is answered 503, never 500', !caller.statuses.has(500), caller.statuses.get(500));
  const isFinished = async () =>
    (await listTimers(caller, run)).every(({ status }) => status !== 'scheduled' && status !== 'firing');
  await until(isFinished, 30_000);
  judgeTimers(verdict, ledger, await listTimers(caller, run));
  judgeEngine(verdict, await lookAtEngine(cluster.temporalAddress));
}
