import { setTimeout as sleep } from 'node:timers/promises';
import { createMany } from '../caller.js';
import { startWhole, type Whole } from '../cluster/whole.js';
import { quantile } from '../ledger.js';
import { type Bench, openBench, type Stage, seconds, until, untilMs } from '../stage.js';
import { judgeEngine, judgeLedger, judgeTimers } from '../verdict.js';
import { listTimers, lookAtEngine } from '../views.js';
import { judgeAfterwards, terminate } from './shutdown.js';

const SIZES = { short: { timers: 1_000, spreadMs: 10_000 }, full: { timers: 2_000, spreadMs: 20_000 } };
const LEAD_MS = 4_000;
const DOWN_MS = 1_000;
const OVERDUE_LIMIT_MS = 10_000;
const START_LIMIT_MS = 60_000;

/** What strikes in the middle of the timers; answers when all is ready again. */
type Fault = (stage: Stage, whole: Whole) => Promise<number>;

/** The process is killed; the next one finds its rows, and the Temporal server that was left running. */
const killProcess: Fault = async ({ tell, verdict }, whole) => {
  tell('kill -9 of the process');
  const server = whole.temporalPid();
  await whole.program.kill();
  await sleep(DOWN_MS);
  const startedAt = Date.now();
  await whole.program.start();
  verdict.say(`process killed: ready ${seconds(Date.now() - startedAt)} after its start`);
  verdict.check('the Temporal server is adopted', server !== undefined && whole.temporalPid() === server);
  return Date.now();
};

/** The Temporal server is killed; the process starts it again by itself. */
const killServer: Fault = async ({ tell, verdict }, whole) => {
  tell('kill -9 of the Temporal server');
  const server = whole.temporalPid();
  if (server === undefined) throw new Error('no Temporal server runs');
  const struckAt = Date.now();
  process.kill(server, 'SIGKILL');
  await until(() => whole.temporalPid() !== server, START_LIMIT_MS);
  await sleep(500); // What the process remembers of its health is older than the fault.
  const readyMs = await until(() => whole.isHealthy(), START_LIMIT_MS);
  verdict.say(`Temporal killed: ready ${seconds(Date.now() - struckAt)} later`);
  verdict.check(
    'the Temporal server is started again',
    readyMs !== null && whole.temporalPid() !== undefined,
  );
  verdict.check('the process outlives its Temporal server', whole.program.isRunning());
  return Date.now();
};

/** Both at once, as when the machine goes down: the next start starts all of it. */
const killBoth: Fault = async ({ tell, verdict }, whole) => {
  tell('kill -9 of the process and its Temporal server');
  const server = whole.temporalPid();
  const killed = whole.program.kill();
  if (server !== undefined) process.kill(server, 'SIGKILL');
  await killed;
  await sleep(DOWN_MS);
  const startedAt = Date.now();
  await whole.program.start();
  verdict.say(`both killed: ready ${seconds(Date.now() - startedAt)} after its start`);
  return Date.now();
};

const FAULTS = { short: [killProcess, killServer], full: [killProcess, killServer, killBoth] };

/** All of Mainspring in one process on the embedded database, killed and stopped in the middle of its timers. */
export async function whole(stage: Stage): Promise<void> {
  const running = await startWhole();
  try {
    for (const fault of FAULTS[stage.form]) await strike(stage, running, fault);
    await stop(stage, running);
    judgeEngine(stage.verdict, await lookAtEngine(running.temporalAddress));
  } finally {
    const keepFolder = stage.verdict.broken.length > 0;
    if (keepFolder) stage.tell(`logs are kept in ${running.folder}`);
    await running.close({ keepFolder });
  }
}

async function openWhole({ form }: Stage, { url, key }: Whole): Promise<{ bench: Bench; firstDue: number }> {
  const bench = await openBench('whole', { urls: [url], key });
  const { timers, spreadMs } = SIZES[form];
  const firstDue = Date.now() + LEAD_MS;
  const dueOf = (index: number) => firstDue + (index * spreadMs) / timers;
  await createMany(bench, { count: timers, width: 64, dueOf });
  return { bench, firstDue };
}

async function strike(stage: Stage, running: Whole, fault: Fault): Promise<void> {
  const { bench, firstDue } = await openWhole(stage, running);
  const { verdict, form } = stage;
  try {
    await untilMs(firstDue + SIZES[form].spreadMs / 3);
    const readyAt = await fault(stage, running);
    const overdue = () => bench.ledger.missing().filter(({ fireAtMs }) => fireAtMs < readyAt);
    await until(() => overdue().length === 0, readyAt + OVERDUE_LIMIT_MS - Date.now());
    verdict.say(`overdue done ${seconds(Date.now() - readyAt)} after that`);
    verdict.check('what was due meanwhile fires within 10 s', overdue().length === 0, overdue().length);
    await until(
      () => bench.ledger.missing().length === 0,
      firstDue + SIZES[form].spreadMs + 30_000 - Date.now(),
    );
    const { lateness } = judgeLedger(verdict, bench.ledger, { acknowledged: 1, duplicates: 0.01 });
    verdict.say(`lateness p50 ${quantile(lateness, 0.5)} ms`);
    const isFinished = async () =>
      (await listTimers(bench.caller, bench.run)).every(({ status }) => status === 'fired');
    await until(isFinished, 30_000);
    judgeTimers(verdict, bench.ledger, await listTimers(bench.caller, bench.run));
  } finally {
    await bench.close();
  }
}

/** SIGTERM ends all of it, the Temporal server too; a start later everything goes on. */
async function stop(stage: Stage, running: Whole): Promise<void> {
  const { bench, firstDue } = await openWhole(stage, running);
  const { verdict, form, tell } = stage;
  try {
    await untilMs(firstDue + SIZES[form].spreadMs / 2);
    tell('SIGTERM to the process');
    await terminate(verdict, [running.program]);
    verdict.check('its Temporal server has ended with it', running.temporalPid() === undefined);
    await running.program.start();
    await judgeAfterwards(verdict, bench, running.temporalAddress);
  } finally {
    await bench.close();
  }
}
