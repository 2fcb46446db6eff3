import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, type Call, createMany, timerRequest } from '../caller.js';
import type { Cluster, Victim } from '../cluster/cluster.js';
import type { Intent } from '../ledger.js';
import { type Bench, openBench, type Stage, seconds, until } from '../stage.js';
import { judgeEngine, judgeLedger, judgeTimers, type Verdict } from '../verdict.js';
import { listTimers, lookAtEngine } from '../views.js';

const OUTAGE_MS = { short: 8_000, full: 20_000 };
const ANSWER_LIMIT_MS = 2_000;
const CREATE_EVERY_MS = 200;
const HEALTHY_LIMIT_MS = 30_000;
const HOUR_MS = 3_600_000;
/** Acknowledged before, due during the outage and after it. */
const BEFORE = 60;

/** Hours that no outage before has asked for: an owner that was started once is remembered. */
let nextHour = 3;

/** How a part goes away: it hangs and keeps its connections, or it is gone. */
const MODES = { short: ['hangs'], full: ['hangs', 'is gone'] } as const;
type Mode = (typeof MODES)['full'][number];

/** Temporal or the database is away: nothing false is said, what can be read is, and it all goes on afterwards. */
export async function away(stage: Stage, cluster: Cluster): Promise<void> {
  for (const mode of MODES[stage.form]) {
    for (const victim of [cluster.temporal, cluster.database]) await outage(stage, cluster, victim, mode);
  }
  judgeEngine(stage.verdict, await lookAtEngine(cluster.temporalAddress));
}

interface Seen {
  kind: 'known window' | 'new owner';
  answer: Answer | null;
}

async function outage(
  { form, verdict, tell }: Stage,
  cluster: Cluster,
  victim: Victim,
  mode: Mode,
): Promise<void> {
  const bench = await openBench('away', cluster);
  const what = `${victim.name} ${mode}`;
  try {
    const firstDue = Date.now() + 3_000;
    const spanMs = OUTAGE_MS[form] + 4_000;
    await createMany(bench, {
      count: BEFORE,
      width: 16,
      dueOf: (index) => firstDue + (index * spanMs) / BEFORE,
    });
    tell(`${what} for ${OUTAGE_MS[form] / 1_000} s`);
    if (mode === 'hangs') victim.signal('SIGSTOP');
    else await victim.kill();
    const [seen, reads] = await Promise.all([
      createDuring(bench, OUTAGE_MS[form]),
      readDuring(bench, victim, OUTAGE_MS[form]),
    ]);
    const backAt = Date.now();
    if (mode === 'hangs') victim.signal('SIGCONT');
    else await victim.start();
    const healthyMs = await until(cluster.areHealthy, HEALTHY_LIMIT_MS);
    verdict.check(`${what}: healthy within 30 s afterwards`, healthyMs !== null);

    judgeCreates(verdict, what, victim.name === 'database', seen);
    verdict.check(`${what}: what needs it not is served`, reads.length === 0, reads);
    const latest = Math.max(...[...bench.ledger.intents.values()].map(({ fireAtMs }) => fireAtMs));
    await until(
      () => bench.ledger.missing().length === 0,
      Math.max(latest, Date.now()) + 45_000 - Date.now(),
    );
    const overdueMs = overdueDoneMs(bench, backAt);
    verdict.say(`${what}: healthy after ${seconds(healthyMs)}, overdue done after ${seconds(overdueMs)}`);
    judgeLedger(verdict, bench.ledger, { acknowledged: 0, duplicates: 0.1 });
    const listDue = async () =>
      (await listTimers(bench.caller, bench.run)).filter(({ name }) => !name.startsWith('later'));
    await until(async () => (await listDue()).every(({ status }) => status === 'fired'), 30_000);
    judgeTimers(verdict, bench.ledger, await listDue());
  } finally {
    victim.signal('SIGCONT');
    await bench.close();
  }
}

/** How long after the end of an outage the last one came that had been due before it ended. */
function overdueDoneMs({ ledger }: Bench, backAt: number): number {
  const overdue = [...ledger.intents.values()].filter(({ id, fireAtMs }) => id !== null && fireAtMs < backAt);
  const arrivals = overdue.flatMap(({ order }) => ledger.arrivalsOf(order).slice(0, 1));
  return Math.max(0, ...arrivals.map(({ atMs }) => atMs - backAt));
}

/** Single requests, not repeated: half for windows whose workflow runs, half for hours that nobody owns yet. */
async function createDuring({ caller, ledger, receiver, run }: Bench, durationMs: number): Promise<Seen[]> {
  const seen: Promise<Seen>[] = [];
  const endAt = Date.now() + durationMs;
  for (let index = 0; Date.now() < endAt; index++) {
    const kind = index % 2 === 0 ? 'known window' : 'new owner';
    const create = async (): Promise<Seen> => {
      if (kind === 'new owner') {
        const later = {
          order: index,
          fireAtMs: Date.now() + nextHour++ * HOUR_MS,
          id: null,
          isRefused: false,
          cancel: 'none',
        } as const;
        const body = { ...timerRequest(run, later, receiver.hookOf(0)), name: `later-${run}-${index}` };
        return { kind, answer: await caller.call('/timers', { body }).catch(() => null) };
      }
      const intent: Intent = ledger.want(Date.now() + 6_000);
      const body = timerRequest(run, intent, receiver.hookOf(intent.order));
      const answer = await caller.call('/timers', { body }).catch(() => null);
      if (answer?.status === 201) intent.id = answer.body.timer.id;
      return { kind, answer };
    };
    seen.push(create());
    await sleep(CREATE_EVERY_MS);
  }
  return Promise.all(seen);
}

function judgeCreates(verdict: Verdict, what: string, isDatabase: boolean, seen: readonly Seen[]): void {
  const answers = seen.flatMap(({ answer }) => (answer ? [answer] : []));
  const slowest = Math.max(...answers.map(({ tookMs }) => tookMs));
  const created = seen.filter(({ answer }) => answer?.status === 201);
  const refused = answers.filter(({ status }) => status === 503);
  verdict.say(
    `${what}: ${refused.length} × 503, ${created.length} × 201 of ${seen.length}, slowest ${Math.round(slowest)} ms`,
  );
  verdict.check(
    `${what}: every create is answered`,
    answers.length === seen.length,
    seen.length - answers.length,
  );
  verdict.check(`${what}: within 2 s`, slowest <= ANSWER_LIMIT_MS, `${Math.round(slowest)} ms`);
  const others = answers.filter(({ status }) => status !== 503 && status !== 201);
  verdict.check(
    `${what}: nothing but 201 and 503`,
    others.length === 0,
    others.map(({ body }) => JSON.stringify(body)),
  );
  verdict.check(
    `${what}: every 503 says when to try again`,
    refused.every(({ retryAfterMs }) => retryAfterMs !== null && retryAfterMs > 0),
  );
  // With the engine away a window that runs already still takes timers in: its row is all that is needed.
  const isFalse = ({ kind }: Seen) => isDatabase || kind === 'new owner';
  verdict.check(`${what}: never a false 201`, !created.some(isFalse), created.filter(isFalse).length);
}

interface Expectation {
  path: string;
  call?: Call;
  status: number;
}

function expectations(victim: Victim, timerId: string, run: string): Expectation[] {
  const always = [
    { path: '/livez', status: 200 },
    { path: '/readyz', status: 503 },
    { path: '/openapi.json', status: 200 },
    { path: '/metrics', status: 200 },
  ];
  if (victim.name === 'database')
    return [
      ...always,
      { path: '/api/health/temporal', status: 200 },
      { path: '/api/health/db', status: 503 },
    ];
  return [
    ...always,
    { path: `/timers/${timerId}`, status: 200 },
    { path: `/timers?requestedBy=${run}`, status: 200 },
    { path: '/timers/metrics', status: 200 },
    { path: '/deliveries', status: 200 },
    { path: '/api/health/db', status: 200 },
    { path: '/api/health/temporal', status: 503 },
  ];
}

/** Answers what was not as it should be. Begins when what was remembered of better times has run out. */
async function readDuring(
  { caller, ledger, run }: Bench,
  victim: Victim,
  durationMs: number,
): Promise<string[]> {
  const wrong: string[] = [];
  const endAt = Date.now() + durationMs;
  await sleep(2_000);
  const asked = expectations(victim, ledger.intents.get(0)?.id ?? '', run);
  while (Date.now() < endAt - 1_000) {
    for (const { path, status } of asked) {
      const answer = await caller.call(path).catch(() => null);
      const isRight = answer?.status === status && answer.tookMs <= ANSWER_LIMIT_MS;
      if (!isRight) wrong.push(`${path}: ${answer?.status} in ${Math.round(answer?.tookMs ?? -1)} ms`);
    }
    await sleep(250);
  }
  return wrong;
}
