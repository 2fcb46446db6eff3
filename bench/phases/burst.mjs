import { drive } from '../load.mjs';
import { awaitWebhooks, newTag, timerRequest } from '../timers.mjs';

const MARGIN_MS = 5_000;

/** How long the creates will take, from a few that are due in a year. */
async function estimateMs({ product, sink }, count, connections) {
  const farMs = Date.now() + 365 * 86_400_000;
  const make = (order) =>
    timerRequest({ base: product.base, key: product.keys[0], sink, tag: 'probe', order, dueMs: farMs });
  const { perSecond } = await drive({ base: product.base, connections, count: connections * 20, make });
  return (count / Math.max(1, perSecond)) * 1_500;
}

/**
 * Many timers for one instant: how long after it the last one was called. Created by 64 connections, and by one
 * caller one after the other.
 */
export async function burst({ product, sink, counts = [2_000, 10_000], report }) {
  for (const count of counts) {
    for (const connections of [64, 1]) {
      const tag = newTag('burst');
      const dueMs = Math.ceil(
        Date.now() + MARGIN_MS + (await estimateMs({ product, sink }, count, connections)),
      );
      const by = connections > 1 ? `${connections} connections` : 'one caller';
      await report(`burst, ${count} at once, by ${by}`, async () => {
        const make = (order) =>
          timerRequest({ base: product.base, key: product.keys[0], sink, tag, order, dueMs });
        const { created } = await drive({ base: product.base, connections, count, make });
        if (Date.now() > dueMs) console.error('some were created after the instant: the figures say nothing');
        const stats = await awaitWebhooks(sink, tag, created, dueMs - Date.now() + 60_000);
        return { created, ...stats };
      });
    }
  }
}
