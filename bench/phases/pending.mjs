import { setTimeout as sleep } from 'node:timers/promises';
import { drive } from '../load.mjs';
import { memoryOf } from '../machine.mjs';
import { newTag, timerRequest } from '../timers.mjs';
import { burst } from './burst.mjs';
import { create } from './create.mjs';
import { spread } from './spread.mjs';

const SPAN_MS = 30 * 86_400_000;
const LEAD_MS = 3_600_000;
const SETTLE_MS = 5_000;

/** 100,000 timers that wait, over 30 days: time, memory of Mainspring's own processes, then the figures once more. */
export async function pending({ product, sink, count = 100_000, report }) {
  const tag = newTag('pending');
  const memory = () => memoryOf(product.pids('own'));
  const temporalMemory = () => memoryOf(product.pids()) - memory();
  await report(`pending, ${count} over 30 days`, async () => {
    const [before, temporalBefore] = [memory(), temporalMemory()];
    const make = (order) => {
      const dueMs = Date.now() + LEAD_MS + Math.floor(Math.random() * SPAN_MS);
      return timerRequest({ base: product.base, key: product.keys[0], sink, tag, order, dueMs });
    };
    const made = await drive({ base: product.base, connections: 64, count, make });
    await sleep(SETTLE_MS);
    return {
      ...made,
      memoryMb: Math.round(memory() / 2 ** 20),
      bytesPerTimer: Math.round((memory() - before) / Math.max(1, made.created)),
      temporalBytesPerTimer: Math.round((temporalMemory() - temporalBefore) / Math.max(1, made.created)),
    };
  });
  const again = (name, measure) => report(`${name}, ${count} pending`, measure);
  await spread({ product, sink, report: again });
  await burst({ product, sink, counts: [2_000], report: again });
  await create({ product, sink, report: again });
}
