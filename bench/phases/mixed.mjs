import { setTimeout as sleep } from 'node:timers/promises';
import { drive } from '../load.mjs';
import { awaitWebhooks, newTag, timerRequest } from '../timers.mjs';

const LEAD_MS = 6_000;
const COUNT = 1_000;
const STEP_MS = 20;
/** Reports a second that are asked for meanwhile. */
const REPORTS_PER_SECOND = 10;

const REPORTS = [
  '/timers/metrics',
  '/timers?limit=500',
  '/timers?status=fired&limit=100',
  '/deliveries?limit=100',
];

/** Asks for reports, one after the other, until it is told to end; answers how many and how long they took. */
function askForReports(product) {
  let isOver = false;
  const took = [];
  const done = (async () => {
    for (let k = 0; !isOver; k++) {
      const startedAt = performance.now();
      const key = product.keys[k % product.keys.length];
      const answer = await fetch(new URL(REPORTS[k % REPORTS.length], product.base), {
        headers: { 'x-api-key': key },
      });
      await answer.arrayBuffer();
      if (!answer.ok) console.error(`${REPORTS[k % REPORTS.length]} answered ${answer.status}`);
      took.push(performance.now() - startedAt);
      await sleep(Math.max(0, 1_000 / REPORTS_PER_SECOND - (performance.now() - startedAt)));
    }
  })();
  return async () => {
    isOver = true;
    await done;
    took.sort((a, b) => a - b);
    return { reports: took.length, reportP99: Math.round(took[Math.floor(took.length * 0.99)] ?? 0) };
  };
}

/** 1,000 timers over 20 s: `slowShare` of them call a receiver that takes 5 s to answer. */
async function lateness({ product, sink, slowSink, keys, slowShare }) {
  const [tag, slowTag] = [newTag('fast'), newTag('slow')];
  const firstMs = Date.now() + LEAD_MS;
  const isSlow = (order) => order % 100 < slowShare * 100;
  const make = (order) => {
    const where = isSlow(order) ? { sink: slowSink, tag: slowTag, kind: 'slow' } : { sink, tag };
    const key = keys[order % keys.length];
    return timerRequest({ base: product.base, key, order, dueMs: firstMs + order * STEP_MS, ...where });
  };
  const { created } = await drive({ base: product.base, connections: 64, count: COUNT, make });
  const fast = COUNT - Math.round(COUNT * slowShare);
  const stats = await awaitWebhooks(sink, tag, fast, LEAD_MS + COUNT * STEP_MS + 60_000);
  return { created, ...stats };
}

/**
 * What disturbs: several organisations, a slow receiver among fast ones, reports meanwhile. First the same timers alone, so
 * that the difference can be seen. `slowSink` is another port, hence another receiver.
 */
export async function mixed({ product, sink, slowSink, report }) {
  const alone = { product, sink, slowSink, keys: product.keys.slice(0, 1), slowShare: 0 };
  await report('mixed: alone', () => lateness(alone));
  await report(`mixed: ${product.keys.length} organisations`, () =>
    lateness({ ...alone, keys: product.keys }),
  );
  await report('mixed: a slow receiver', () => lateness({ ...alone, slowShare: 0.2 }));
  const reported = async (settings) => {
    const end = askForReports(product);
    const stats = await lateness(settings);
    return { ...stats, ...(await end()) };
  };
  await report('mixed: reports', () => reported(alone));
  await report('mixed: all of it', () => reported({ ...alone, keys: product.keys, slowShare: 0.2 }));
}
