import { drive } from '../load.mjs';
import { awaitWebhooks, newTag, timerRequest } from '../timers.mjs';

const LEAD_MS = 5_000;

/** Lateness of 1,000 timers that are due one every 20 ms. */
export async function spread({ product, sink, count = 1_000, report }) {
  const tag = newTag('spread');
  const firstMs = Date.now() + LEAD_MS;
  await report(`spread, ${count} over ${count / 50} s`, async () => {
    const make = (order) =>
      timerRequest({
        base: product.base,
        key: product.keys[0],
        sink,
        tag,
        order,
        dueMs: firstMs + order * 20,
      });
    const { created } = await drive({ base: product.base, connections: 64, count, make });
    const stats = await awaitWebhooks(sink, tag, created, LEAD_MS + count * 20 + 60_000);
    return { created, ...stats };
  });
}
