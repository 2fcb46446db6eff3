import { setTimeout as sleep } from 'node:timers/promises';
import { drive } from '../load.mjs';
import { awaitWebhooks, newTag, timerRequest } from '../timers.mjs';

const COUNT = 2_000;
const STEP_MS = 10;
const LEAD_MS = 8_000;
/** Into the timers' 20 s. */
const KILL_AFTER_MS = 8_000;
const DOWN_MS = 2_000;

/**
 * kill -9 in the middle of 2,000 timers that are due over 20 s, restart after 2 s: what was lost, what came twice, and
 * how long after everything was ready again the last overdue one came.
 */
export async function kill({ product, sink, roles = Object.keys(product.roles), report }) {
  for (const role of roles) {
    await report(`kill -9 of ${role}`, async () => {
      const tag = newTag('kill');
      const firstMs = Date.now() + LEAD_MS;
      const make = (order) =>
        timerRequest({
          base: product.base,
          key: product.keys[0],
          sink,
          tag,
          order,
          dueMs: firstMs + order * STEP_MS,
        });
      const { created } = await drive({ base: product.base, connections: 64, count: COUNT, make });
      await sleep(Math.max(0, firstMs + KILL_AFTER_MS - Date.now()));
      await product.kill(role);
      await sleep(DOWN_MS);
      const restartedAt = Date.now();
      const recovery = await product.restart();
      const readyAt = Date.now();
      const limitMs = firstMs + COUNT * STEP_MS - readyAt + 60_000;
      const stats = await awaitWebhooks(sink, tag, created, limitMs, readyAt);
      await sleep(3_000); // A late repeat would come now.
      const { duplicates } = await sink.stats(tag);
      return {
        created,
        ...stats,
        duplicates,
        lost: created - stats.count,
        recovery,
        restartMs: readyAt - restartedAt,
      };
    });
  }
}
