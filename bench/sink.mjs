/**
 * Receives the webhooks of a benchmark, in a process of its own so that it is not late itself.
 *
 *   POST /hook/<tag>?due=<ms>   records lateness (arrival − due, sub-millisecond) and the webhook-id
 *   POST /slow/<tag>?due=<ms>   the same, answered after SLOW_MS (5,000)
 *   GET  /stats/<tag>           {count, early, duplicates, …}; ?since=<ms> adds what was due before and came after it
 *
 * Prints its port as one line of JSON. Arrival is the moment the request's headers were parsed.
 */
import { createServer } from 'node:http';

const SLOW_MS = Number(process.env.SLOW_MS ?? 5_000);
const tags = new Map();

const tagOf = (name) => {
  const tag = tags.get(name) ?? { seen: new Map(), duplicates: 0, calls: [] };
  tags.set(name, tag);
  return tag;
};

const quantile = (sorted, share) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
const round = (value) => (value === null ? null : Math.round(value * 100) / 100);

function stats(name, since) {
  const { duplicates, calls } = tagOf(name);
  const late = calls.map(({ at, due }) => at - due).sort((a, b) => a - b);
  const overdue = calls.filter(({ at, due }) => due < since && at > since).map(({ at }) => at - since);
  return {
    count: calls.length,
    duplicates,
    early: late.filter((value) => value < 0).length,
    min: round(quantile(late, 0)),
    p50: round(quantile(late, 0.5)),
    p99: round(quantile(late, 0.99)),
    max: round(quantile(late, 1)),
    ...(since > 0 && { overdue: overdue.length, overdueLastMs: round(Math.max(0, ...overdue)) }),
  };
}

const server = createServer((request, response) => {
  const at = performance.timeOrigin + performance.now();
  const url = new URL(request.url, 'http://sink');
  const [, kind, name] = url.pathname.split('/');
  if (kind === 'stats') {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(stats(name, Number(url.searchParams.get('since') ?? 0))));
    return;
  }
  const tag = tagOf(name);
  const id = request.headers['webhook-id'] ?? `${url.search}#${tag.calls.length}`;
  // A duplicate is a further request for an id that was answered already.
  if (tag.seen.get(id)) tag.duplicates += 1;
  else if (!tag.seen.has(id)) tag.calls.push({ at, due: Number(url.searchParams.get('due')) });
  tag.seen.set(id, tag.seen.get(id) ?? false);
  const answer = () => {
    response.writeHead(204).end();
    tag.seen.set(id, true);
  };
  request.resume().on('end', () => (kind === 'slow' ? setTimeout(answer, SLOW_MS) : answer()));
});
server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
process.on('SIGTERM', () => process.exit(0));
