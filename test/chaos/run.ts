import { parseArgs } from 'node:util';
import { type Cluster, startCluster } from './cluster/cluster.js';
import { createRandom } from './random.js';
import { agents } from './scenarios/agents.js';
import { away } from './scenarios/away.js';
import { backlog } from './scenarios/backlog.js';
import { idempotency } from './scenarios/idempotency.js';
import { messages } from './scenarios/messages.js';
import { shutdown } from './scenarios/shutdown.js';
import { stoppedWorker } from './scenarios/stopped-worker.js';
import { storm } from './scenarios/storm.js';
import { tasks } from './scenarios/tasks.js';
import { whole } from './scenarios/whole.js';
import { type Stage, seconds } from './stage.js';
import { createVerdict } from './verdict.js';

type Scenario =
  | { kind: 'cluster'; play: (stage: Stage, cluster: Cluster) => Promise<void> }
  | { kind: 'alone'; play: (stage: Stage) => Promise<void> };

const SCENARIOS: Record<string, Scenario> = {
  'stopped-worker': { kind: 'cluster', play: stoppedWorker },
  storm: { kind: 'cluster', play: storm },
  away: { kind: 'cluster', play: away },
  idempotency: { kind: 'cluster', play: idempotency },
  agents: { kind: 'cluster', play: agents },
  tasks: { kind: 'cluster', play: tasks },
  backlog: { kind: 'cluster', play: backlog },
  messages: { kind: 'cluster', play: messages },
  shutdown: { kind: 'cluster', play: shutdown },
  whole: { kind: 'alone', play: whole },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    full: { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    keep: { type: 'boolean', default: false },
  },
});
const unknown = positionals.filter((name) => !(name in SCENARIOS));
if (unknown.length > 0) {
  console.error(
    `There is no scenario ${unknown.join(', ')}; there are ${Object.keys(SCENARIOS).join(', ')}.`,
  );
  process.exit(2);
}

const seed = Number(values.seed);
const form = values.full ? 'full' : 'short';
/** Shared by scenarios while they succeed: what one leaves behind must not disturb the next. */
let shared: Cluster | undefined;

async function closeShared(keepFolder: boolean): Promise<void> {
  if (keepFolder && shared) console.log(`  logs are kept in ${shared.folder}`);
  await shared?.close({ keepFolder });
  shared = undefined;
}

async function play(name: string, scenario: Scenario): Promise<boolean> {
  const verdict = createVerdict();
  const startedAt = Date.now();
  const tell = (line: string) => console.log(`  ${new Date().toISOString().slice(11, 23)} ${line}`);
  const stage: Stage = { form, random: createRandom(seed), verdict, tell };
  try {
    if (scenario.kind === 'alone') await scenario.play(stage);
    else {
      shared ??= await startCluster();
      await scenario.play(stage, shared);
    }
  } catch (error) {
    verdict.check(
      'the scenario runs to its end',
      false,
      error instanceof Error ? error.stack : String(error),
    );
  }
  const { figures, broken, checks } = verdict;
  const outcome = broken.length === 0 ? 'ok' : 'FAILED';
  console.log(
    `${name}: ${outcome}, ${checks} checks in ${seconds(Date.now() - startedAt)}; ${figures.join('; ')}`,
  );
  for (const promise of broken) console.log(`  broken: ${promise}`);
  if (broken.length > 0) await closeShared(true);
  return broken.length === 0;
}

console.log(`chaos, ${form} form; --seed ${seed} repeats its choices`);
const results: boolean[] = [];
for (const [name, scenario] of Object.entries(SCENARIOS)) {
  if (positionals.length === 0 || positionals.includes(name)) results.push(await play(name, scenario));
}
await closeShared(values.keep);
process.exit(results.every(Boolean) ? 0 : 1);
