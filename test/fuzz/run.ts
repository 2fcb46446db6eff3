import { createRandom } from '../chaos/random.js';
import { ailments } from './aftermath.js';
import { createCallers } from './callers.js';
import { readDocument } from './document.js';
import { createHints } from './hints.js';
import { createIdPool } from './id-pool.js';
import { createJudge } from './judge.js';
import { createRequests } from './requests.js';
import { createSender } from './send.js';
import { createTally } from './tally.js';
import { createValues } from './values.js';

export interface FuzzOptions {
  port: number;
  /** What the product was started with as SECRET_KEYS. */
  secretKeys: string;
  requests: number;
  seed: number;
  /** Whether the process that was started has ended. */
  hasEnded(): boolean;
}

const LANES = 8;
const TOLD_EVERY = 5_000;
const LONGEST_LAG_SECONDS = 0.1;
/** From here on every operation must have succeeded: less would mean that its code was never reached. */
const ENOUGH_FOR_ALL = 5_000;
/** No container runs here. */
const OF_CONTAINERS = '/agents/{id}/logs';

/** 99 % of the delays of the product's event loop are below this, in s, since the last time it was asked. */
async function lagOf(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^nodejs_eventloop_lag_p99_seconds (\S+)$/m.exec(text)?.[1] ?? Number.NaN);
}

/** What the product is asked, and how its answers are judged. */
async function prepare({ port, secretKeys, seed }: FuzzOptions, url: string) {
  const { operations, ...described } = readDocument(await (await fetch(`${url}/openapi.json`)).json());
  // Asking for the metrics begins a new measurement: only the run itself does.
  const document = { ...described, operations: operations.filter(({ path }) => path !== '/metrics') };
  const pool = createIdPool();
  const tally = createTally(document, pool);
  const callers = await createCallers(url, secretKeys);
  const hints = createHints(pool, callers.agent.secret);
  const values = createValues({ schemas: document.schemas, hints });
  const next = createRequests({ document, values, pool, callers });
  const judge = createJudge(document);
  const sender = createSender(port);

  async function exchange(index: number): Promise<void> {
    // Its own numbers: what another lane does changes only which ids there are.
    const request = next(createRandom(Math.imul(seed, 0x9e3779b1) + index));
    if (request.kind === 'conversation') {
      tally.complain(index, request, judge.conversation(await sender.converse(request.text)));
      return;
    }
    const outcome = await sender.send(request);
    tally.complain(index, request, judge.http(request, outcome));
    tally.take(request, outcome);
  }
  return { document, tally, exchange, close: sender.close };
}

/** Sends generated requests to the product; answers what was wrong, in sentences. */
export async function fuzz(options: FuzzOptions): Promise<string[]> {
  const { port, requests, hasEnded } = options;
  const url = `http://127.0.0.1:${port}`;
  const { document, tally, exchange, close } = await prepare(options, url);
  let begun = 0;
  const lane = async () => {
    while (begun < requests && !hasEnded()) {
      const index = begun++;
      await exchange(index);
      if (index % TOLD_EVERY === TOLD_EVERY - 1) console.log(`  ${index + 1} requests`);
    }
  };
  await lagOf(url);
  const startedAt = Date.now();
  await Promise.all(Array.from({ length: LANES }, lane));
  const seconds = (Date.now() - startedAt) / 1_000;
  const lag = await lagOf(url);
  close();

  const mistakes = tally.mistakes();
  const missed = document.operations.filter(
    (operation) => operation.path !== OF_CONTAINERS && !tally.hasReached(operation),
  );
  if (requests >= ENOUGH_FOR_ALL)
    mistakes.push(...missed.map(({ method, path }) => `${method} ${path} never succeeded`));
  const lagText = `${(lag * 1_000).toFixed(1)} ms (p99)`;
  if (!(lag <= LONGEST_LAG_SECONDS)) mistakes.push(`its event loop lags ${lagText}`);
  mistakes.push(...(await ailments(url, hasEnded)));
  console.log(`  ${begun} requests in ${seconds.toFixed(0)} s; ${tally.statuses().join(', ')}`);
  console.log(
    `  ${document.operations.length - missed.length} operations succeeded; event loop lag ${lagText}`,
  );
  return mistakes;
}
