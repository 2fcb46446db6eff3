import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import pg from 'pg';
import { LEAD_MS, WINDOW_LINGER_MS, WINDOW_MS } from '../../../src/domain/owner.js';
import { timerWindowId } from '../../../src/messages/timer-window.js';
import { createMany } from '../caller.js';
import type { Cluster } from '../cluster/cluster.js';
import type { Program } from '../cluster/program.js';
import { openBench, type Stage, seconds, until, untilMs } from '../stage.js';
import { judgeEngine, judgeLedger, judgeTimers } from '../verdict.js';
import { listTimers, lookAtEngine } from '../views.js';

const TIMERS = 400;
const STOP_INTO_MS = 5_000;
const STOPPED_MS = 12_000;
/** 5 s until its silence is noticed, and as long again when Temporal hands the window to the same one once more. */
const TAKE_OVER_LIMIT_MS = 15_000;
/** What was on its way when the worker was stopped, and what its wakening sends before it learns. */
const MOST_REPEATS = 0.05;

/** The window to use begins soon, but not before its timers are created. */
const nextWindow = () => new Date(Math.ceil((Date.now() + 1_000) / WINDOW_MS) * WINDOW_MS);

/** The worker that armed a window is stopped in the middle of it, overtaken, and woken again. */
export async function stoppedWorker({ verdict, tell }: Stage, cluster: Cluster): Promise<void> {
  const window = nextWindow();
  const bench = await openBench('stopped-worker', cluster, { thinksMs: 100 });
  const stepMs = WINDOW_MS / TIMERS;
  try {
    await createMany(bench, {
      count: TIMERS,
      width: 32,
      dueOf: (index) => window.getTime() + index * stepMs,
    });
    await untilMs(window.getTime() + STOP_INTO_MS);
    const armed = await whoArmed(cluster, window);
    const written = armed.output().length;
    tell(`SIGSTOP ${armed.name} for ${STOPPED_MS / 1_000} s`);
    const stoppedAt = Date.now();
    armed.signal('SIGSTOP');
    // Temporal may hand the window to the stopped one once more: until it has gone to another, there is nothing to wake.
    const isTakenOver = () => bench.ledger.arrivedSince(stoppedAt + 1_000) > 0;
    const takenOverMs = await until(isTakenOver, TAKE_OVER_LIMIT_MS);
    await untilMs(stoppedAt + STOPPED_MS);
    armed.signal('SIGCONT');
    verdict.say(`taken over after ${seconds(takenOverMs)}, woken after ${seconds(Date.now() - stoppedAt)}`);
    verdict.check('another worker takes over within 15 s', takenOverMs !== null);
    await until(
      () => bench.ledger.missing().length === 0,
      window.getTime() + WINDOW_MS + 30_000 - Date.now(),
    );
    await untilMs(window.getTime() + WINDOW_MS + WINDOW_LINGER_MS);
    const isFinished = async () =>
      (await listTimers(bench.caller, bench.run)).every(({ status }) => status === 'fired');
    await until(isFinished, 30_000);

    judgeLedger(verdict, bench.ledger, { acknowledged: 1, duplicates: MOST_REPEATS });
    judgeTimers(verdict, bench.ledger, await listTimers(bench.caller, bench.run));
    await judgeEpochs(window, stoppedAt);
    const isRefused = armed.output().slice(written).includes('another worker armed this window');
    verdict.check('the one that was stopped is refused when it wakes', isRefused);
    judgeEngine(verdict, await lookAtEngine(cluster.temporalAddress));
  } finally {
    for (const worker of cluster.workers) worker.signal('SIGCONT');
    await bench.close();
  }

  async function judgeEpochs(startsAt: Date, stoppedAt: number): Promise<void> {
    const client = new pg.Client({ connectionString: cluster.databaseUrl });
    await client.connect();
    try {
      const { rows } = await client.query<{ epoch: number; timers: number; last: Date }>(
        `select epoch, count(*)::int as timers, max(fire_at) as last from timers
         where org_id = $1 and window_at = $2 group by epoch order by epoch`,
        [cluster.orgId, startsAt],
      );
      const shares = rows.map(({ epoch, timers }) => `epoch ${epoch}: ${timers}`).join(', ');
      verdict.say(shares);
      const [first] = rows;
      // Claims run about 20 ms ahead, up to 500 ms when they are slow.
      const lateClaims = first !== undefined && first.last.getTime() > stoppedAt + 1_000;
      verdict.check('the window goes on under a later epoch', rows.length > 1, shares);
      verdict.check('the earlier epoch claims nothing any more', !lateClaims, first?.last.toISOString());
    } finally {
      await client.end();
    }
  }
}

/** Temporal knows which process runs the activity: its identity begins with the process id. */
async function whoArmed({ temporalAddress, workers, orgId }: Cluster, window: Date): Promise<Program> {
  const connection = await NativeConnection.connect({ address: temporalAddress });
  try {
    const client = new Client({ connection, namespace: 'mainspring' });
    const workflowId = timerWindowId({ orgId, startsAt: window.toISOString() });
    const { raw } = await client.workflow.getHandle(workflowId).describe();
    const identity = raw.pendingActivities?.[0]?.lastWorkerIdentity ?? 'nobody';
    const worker = workers.find(({ pid }) => identity.startsWith(`${pid}@`));
    if (!worker) throw new Error(`${workflowId} was armed by ${identity}, ${LEAD_MS} ms before it begins`);
    return worker;
  } finally {
    await connection.close();
  }
}
