import { TimerAnswer } from '../../src/schemas/timer.js';
import { createRandom } from '../chaos/random.js';
import { createCallers } from './callers.js';
import { readDocument } from './document.js';
import { createHints } from './hints.js';
import { createIdPool } from './id-pool.js';
import { createJudge, pathOf } from './judge.js';
import { createRequests, type FuzzRequest } from './requests.js';
import { createSender, describeRequest, type Outcome } from './send.js';
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
const MOST_SHOWN = 25;
const LONGEST_LAG_SECONDS = 0.1;
/** From here on every operation must have succeeded: less would mean that its code was never reached. */
const ENOUGH_FOR_ALL = 5_000;

/** 99 % of the delays of the product's event loop are below this, in s, since the last time it was asked. */
async function lagOf(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^nodejs_eventloop_lag_p99_seconds (\S+)$/m.exec(text)?.[1] ?? Number.NaN);
}

/** Sends generated requests to the product; answers what was wrong, in sentences. */
export async function fuzz({ port, secretKeys, requests, seed, hasEnded }: FuzzOptions): Promise<string[]> {
  const url = `http://127.0.0.1:${port}`;
  const { operations, ...described } = readDocument(await (await fetch(`${url}/openapi.json`)).json());
  // Asking for the metrics begins a new measurement; only the run itself does.
  const document = { ...described, operations: operations.filter(({ path }) => path !== '/metrics') };
  const pool = createIdPool();
  const values = createValues({ schemas: document.schemas, hints: createHints(pool) });
  const callers = await createCallers(url, secretKeys);
  const next = createRequests({ document, values, pool, callers });
  const judge = createJudge(document);
  const sender = createSender(port);
  const wrong = new Map<string, { count: number; shown: string }>();
  const statuses = new Map<string, number>();
  const reached = new Set<string>();
  let begun = 0;

  function note(index: number, request: FuzzRequest, complaints: string[]): void {
    for (const complaint of complaints) {
      const place = request.kind === 'http' ? `${request.method} ${nameOf(request)}` : 'a conversation';
      const kind = `${place}: ${complaint.slice(0, 160)}`;
      const known = wrong.get(kind);
      if (known) known.count++;
      else
        wrong.set(kind, {
          count: 1,
          shown: `${place}: ${complaint}\n    request ${index}: ${describeRequest(request)}`,
        });
    }
  }

  const nameOf = ({ method, target }: { method: string; target: string }) => {
    const { operation } = document.find(method, pathOf(target));
    return operation?.path ?? 'elsewhere';
  };

  function learn(request: FuzzRequest, outcome: Outcome): void {
    if (outcome.kind !== 'answer' || request.kind !== 'http') return;
    statuses.set(String(outcome.status), (statuses.get(String(outcome.status)) ?? 0) + 1);
    const { operation } = document.find(request.method, pathOf(request.target));
    if (!operation || outcome.status >= 300 || request.method === 'HEAD') return;
    reached.add(`${operation.method} ${operation.path}`);
    if (/^application\/json/.test(outcome.headers['content-type'] ?? ''))
      pool.learn(operation, JSON.parse(outcome.body));
  }

  async function exchange(index: number): Promise<void> {
    // Its own numbers: what another lane does changes only which ids there are.
    const request = next(createRandom(Math.imul(seed, 0x9e3779b1) + index));
    if (request.kind === 'conversation') {
      note(index, request, judge.conversation(await sender.converse(request.text)));
      return;
    }
    const outcome = await sender.send(request);
    note(index, request, judge.http(request, outcome));
    learn(request, outcome);
  }

  async function lane(): Promise<void> {
    while (begun < requests && !hasEnded()) {
      const index = begun++;
      await exchange(index);
      if (index % 5_000 === 4_999) console.log(`  ${index + 1} requests, ${wrong.size} kinds of mistakes`);
    }
  }

  await lagOf(url);
  const startedAt = Date.now();
  await Promise.all(Array.from({ length: LANES }, lane));
  const seconds = (Date.now() - startedAt) / 1_000;
  const lag = await lagOf(url);
  sender.close();

  const mistakes = [...wrong.values()].map(({ count, shown }) => `${count} × ${shown}`).slice(0, MOST_SHOWN);
  const missed = operations
    .map(({ method, path }) => `${method} ${path}`)
    .filter((name) => !reached.has(name) && name !== 'GET /metrics');
  if (requests >= ENOUGH_FOR_ALL && missed.length > 0) mistakes.push(`never succeeded: ${missed.join(', ')}`);
  if (!(lag <= LONGEST_LAG_SECONDS))
    mistakes.push(`its event loop lags ${(lag * 1_000).toFixed(0)} ms (p99)`);
  mistakes.push(...(await ailments(url, hasEnded)));
  const counts = [...statuses].sort().map(([status, count]) => `${status}: ${count}`);
  console.log(`  ${begun} requests in ${seconds.toFixed(0)} s; ${counts.join(', ')}`);
  console.log(`  ${reached.size} operations succeeded; event loop lag ${(lag * 1_000).toFixed(1)} ms (p99)`);
  return mistakes;
}

/** What is wrong with the product after all that. */
async function ailments(url: string, hasEnded: () => boolean): Promise<string[]> {
  if (hasEnded()) return ['the product has ended'];
  const body = { tenantId: 'after', requestedBy: 'fuzz', name: 'after all' };
  const headers = { 'x-api-key': 'mnt_demo_key_pro', 'content-type': 'application/json' };
  const create = (given: object) =>
    fetch(`${url}/timers`, { method: 'POST', headers, body: JSON.stringify({ ...body, ...given }) });
  const created = await create({ duration: '400d' });
  const soon = await create({ duration: '3s', actionBundle: { actions: [{ type: 'log' }] } });
  const { id } = TimerAnswer.parse(await soon.json()).timer;
  const waited = await fetch(`${url}/timers/${id}?wait=20s`, { headers });
  const { status } = TimerAnswer.parse(await waited.json()).timer;
  const ready = await fetch(`${url}/readyz`);
  const live = await (await fetch(`${url}/livez`)).text();
  return [
    ...(created.status === 201 ? [] : [`a timer after all that is answered ${created.status}`]),
    ...(status === 'fired' ? [] : [`a timer after all that is ${status}, not fired`]),
    ...(ready.ok ? [] : [`it is not ready: ${await ready.text()}`]),
    // A polluted prototype would show in an answer without fields of its own.
    ...(live === '{"status":"ok"}' ? [] : [`its simplest answer is ${live}`]),
  ];
}
