import { heartbeat } from '@temporalio/activity';
import type { Database } from '../db/database.js';
import { deleteEnded as deleteBatch, vacuumEmbedded } from '../db/retention.js';

const DAY_MS = 86_400_000;
const BATCH = 1_000;

/** Deletes what ended before the ledger's retention, batch by batch; answers how many rows. */
export function createDeleteEnded(database: Database, retentionDays: number, now: () => number = Date.now) {
  return async function deleteEnded(): Promise<number> {
    const before = new Date(now() - retentionDays * DAY_MS);
    let total = 0;
    for (;;) {
      const counts = Object.values(await deleteBatch(database.db, { before, limit: BATCH }));
      total += counts.reduce((sum, count) => sum + count, 0);
      heartbeat(total);
      if (counts.some((count) => count >= BATCH)) continue;
      await vacuumEmbedded(database);
      return total;
    }
  };
}
