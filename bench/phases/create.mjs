import { drive } from '../load.mjs';
import { newTag, timerRequest } from '../timers.mjs';

const SPAN_MS = 900_000;
/** Nothing that is created here is due while it is measured. */
const LEAD_MS = 90_000;

/** How many creates a second are acknowledged, with due times random over 15 minutes. */
export async function create({ product, sink, seconds = 5, report }) {
  const tag = newTag('create');
  for (const connections of [16, 64, 1]) {
    const make = (order) => {
      const dueMs = Date.now() + LEAD_MS + Math.floor(Math.random() * SPAN_MS);
      return timerRequest({ base: product.base, key: product.keys[0], sink, tag, order, dueMs });
    };
    await report(`create, ${connections} connection${connections > 1 ? 's' : ''}`, () =>
      drive({ base: product.base, connections, ms: seconds * 1_000, make }),
    );
  }
}
