import { setTimeout as sleep } from 'node:timers/promises';
import { drive } from '../load.mjs';
import { memoryOf } from '../machine.mjs';
import { newTag, timerRequest } from '../timers.mjs';
import { burst } from './burst.mjs';
import { create } from './create.mjs';
import { spread } from './spread.mjs';

const SPAN_MS = 30 * 86_400_000;
const LEAD_MS = 3_600_000;
/** Caches, compiled code and connections are there after so many; what grows then grows with the timers. */
const WARM_UP = 5_000;
const SETTLE_MS = 10_000;

/** 100,000 timers that wait, over 30 days: time, memory of Mainspring's own processes, then the figures once more. */
export async function pending({ product, sink, count = 100_000, report }) {
  const tag = newTag('pending');
  const memory = async () => {
    await sleep(SETTLE_MS);
    const own = memoryOf(product.pids('own'));
    return { own, temporal: memoryOf(product.pids()) - own };
  };
  const make = (order) => {
    const dueMs = Date.now() + LEAD_MS + Math.floor(Math.random() * SPAN_MS);
    return timerRequest({ base: product.base, key: product.keys[0], sink, tag, order, dueMs });
  };
  await drive({ base: product.base, connections: 64, count: WARM_UP, make });
  await report(`pending, ${count} over 30 days`, async () => {
    const before = await memory();
    const made = await drive({ base: product.base, connections: 64, count, make });
    const after = await memory();
    return {
      ...made,
      memoryMb: Math.round(after.own / 2 ** 20),
      bytesPerTimer: Math.round((after.own - before.own) / Math.max(1, made.created)),
      temporalBytesPerTimer: Math.round((after.temporal - before.temporal) / Math.max(1, made.created)),
    };
  });
  const again = (name, measure) => report(`${name}, ${count} pending`, measure);
  await spread({ product, sink, report: again });
  await burst({ product, sink, counts: [2_000], report: again });
  await create({ product, sink, report: again });
}
