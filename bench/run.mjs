#!/usr/bin/env node
/**
 * Measures Mainspring; bench/README.md says what, and what not.
 *
 *   node bench/run.mjs [--phases create,spread,burst,pending,mixed,kill,agents,
 *                      executions,tasks,messages] [--out results.json]
 *                      [--base http://127.0.0.1:3000 --key mnt_…] [--split] [--pending 100000] [--mail 1000]
 *
 * Without --base it starts the built product (npm start builds it) on a scratch folder and free ports, anew for each
 * phase. With --base it measures what runs there: without kill and agents, and best with RATE_LIMITS=off.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { describeMachine, watchNoise } from './machine.mjs';
import { agents } from './phases/agents.mjs';
import { burst } from './phases/burst.mjs';
import { create } from './phases/create.mjs';
import { executions, forExecutions } from './phases/executions.mjs';
import { kill } from './phases/kill.mjs';
import { forMessages, messages } from './phases/messages.mjs';
import { mixed } from './phases/mixed.mjs';
import { pending } from './phases/pending.mjs';
import { spread } from './phases/spread.mjs';
import { forTasks, tasks } from './phases/tasks.mjs';
import { adopt, startProduct, startSink } from './product.mjs';

const PHASES = { create, spread, burst, pending, mixed, kill, agents, executions, tasks, messages };
/** What a phase needs besides the product, which is started with its `env`. */
const SURROUNDINGS = { executions: forExecutions, tasks: forTasks, messages: forMessages };
/** They need what only a product has that was started here: processes to kill, an admin token. */
const OURS_ONLY = ['kill', 'agents', 'executions', 'tasks', 'messages'];
const COLUMNS = [
  'created',
  'perSecond',
  'count',
  'early',
  'duplicates',
  'lost',
  'p50',
  'p99',
  'max',
  'recovery',
  'overdueLastMs',
  'bytesPerTimer',
  'noticed',
  'eventsPerRun',
  'toolP99',
  'writeP99',
  'bytesPerExecution',
  'memory',
  'otherCores',
];

const { values: options } = parseArgs({
  options: {
    phases: { type: 'string', default: Object.keys(PHASES).join(',') },
    base: { type: 'string' },
    key: { type: 'string', default: 'mnt_demo_key_pro' },
    out: { type: 'string' },
    split: { type: 'boolean', default: false },
    pending: { type: 'string', default: '100000' },
    mail: { type: 'string', default: '1000' },
    keep: { type: 'boolean', default: false },
  },
});

const names = options.phases.split(',').filter((name) => !OURS_ONLY.includes(name) || !options.base);
const unknown = names.find((name) => !(name in PHASES));
if (unknown) throw new Error(`no such phase: ${unknown}`);

const scratch = await mkdtemp(path.join(tmpdir(), 'mainspring-bench-'));
const [sink, slowSink] = [await startSink(), await startSink()];
const results = { machine: describeMachine(), rows: [] };
let product;

/** Runs one measurement and keeps its row, with the cores that unrelated work took meanwhile. */
async function report(phase, measure) {
  const noise = watchNoise(() => [...product.pids(), sink.pid, slowSink.pid, process.pid]);
  const measured = await measure();
  const row = { phase, ...measured, ...(product.isOurs && { otherCores: noise() }) };
  results.rows.push(row);
  console.log(JSON.stringify(row));
  await sleep(1_000);
}

async function measure(name) {
  const around = await SURROUNDINGS[name]?.();
  product = options.base
    ? adopt(options.base, options.key)
    : await startProduct({
        folder: path.join(scratch, name),
        split: options.split,
        env: around?.env,
        orgs: name === 'mixed' ? ['bench-a', 'bench-b', 'bench-c'] : [],
      });
  try {
    await PHASES[name]({
      product,
      sink,
      slowSink,
      report,
      ...(around?.model && { model: around.model }),
      ...(name === 'pending' && { count: Number(options.pending) }),
      ...(name === 'messages' && { count: Number(options.mail) }),
    });
  } finally {
    await product.stop();
    await around?.close();
  }
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await product?.stop();
    sink.stop();
    slowSink.stop();
    process.exit(1);
  });
}

for (const name of names) {
  try {
    await measure(name);
  } catch (error) {
    console.error(`${name} broke off:`, error);
    process.exitCode = 1;
  }
}
sink.stop();
slowSink.stop();
if (options.out) await writeFile(options.out, `${JSON.stringify(results, null, 2)}\n`);
const isKept = options.keep || process.exitCode === 1;
if (isKept) console.log(`The logs are in ${scratch}`);
else await rm(scratch, { recursive: true, force: true });

console.log(`\n${Object.values(results.machine).join(' · ')}`);
console.table(
  results.rows.map((row) => ({
    phase: row.phase,
    ...Object.fromEntries(
      COLUMNS.filter((column) => row[column] !== undefined).map((column) => [column, row[column]]),
    ),
  })),
);
