import { randomUUID } from 'node:crypto';
import type { AttemptResult } from '../../src/activities/channels/channel.js';
import { createOutcomeRecorder, type Outcome, type Recording } from '../../src/activities/record-outcomes.js';
import type { Database } from '../../src/db/database.js';
import { getDelivery, insertDeliveries, type NewDelivery } from '../../src/db/deliveries.js';
import { aDelivery, outgoing, writeTimer } from './deliveries.js';
import { newVault } from './vault.js';

export const NOW = Date.parse('2030-01-31T09:00:00.000Z');
export const vault = newVault();
export const FAILED: AttemptResult = { kind: 'retry', error: 'status_500', statusCode: 500 };
export const DEAD: AttemptResult = { kind: 'dead', error: 'status_404', statusCode: 404 };
export const DELIVERED: AttemptResult = { kind: 'delivered', statusCode: 200 };

/** What writes deliveries and records what became of them, on the database that is open when it is called. */
export function outcomesOn(database: () => Database) {
  const db = () => database().db;
  const all = (orgId: string) => ({ orgId, tenants: null });
  const outcomeOf = (delivery: NewDelivery, result: AttemptResult, attemptNumber = 1): Outcome => ({
    delivery: outgoing(delivery, { attemptNumber, ...(attemptNumber > 1 ? { epoch: null } : {}) }),
    result,
    at: new Date(NOW),
    durationMs: 3,
  });

  /** Records under a clock that stands, and tells which endpoints were ensured, and with what already written. */
  async function record(recording: Recording, now = NOW) {
    const ensured: string[] = [];
    const woken: string[] = [];
    let failed = 0;
    const statusesWhenEnsured: (string | undefined)[] = [];
    const recorder = createOutcomeRecorder({
      starter: {
        async ensureEndpoint({ receiver }) {
          ensured.push(receiver);
          for (const { delivery } of recording.outcomes)
            statusesWhenEnsured.push((await row(delivery))?.status);
        },
        wakeEndpoint: ({ receiver }) => void woken.push(receiver),
      },
      vault,
      onFailed: (count) => {
        failed += count;
      },
      now: () => now,
      random: () => 0.5,
    });
    await recorder.record(db(), recording);
    return { ensured, woken, statusesWhenEnsured, failed };
  }

  const row = ({ orgId, id }: { orgId: string; id: string }) => getDelivery(db(), all(orgId), id);

  async function written(given: Partial<NewDelivery> = {}): Promise<NewDelivery> {
    const orgId = given.orgId ?? randomUUID();
    const timerId = given.timerId === undefined ? await writeTimer(db(), { orgId }) : given.timerId;
    const delivery = aDelivery({ ...given, orgId, timerId });
    await insertDeliveries(db(), [delivery], NOW);
    return delivery;
  }

  async function eventsOf(orgId: string): Promise<string[]> {
    const events = await db()
      .selectFrom('events')
      .select(['type', 'subject'])
      .where('org_id', '=', orgId)
      .where('type', '!=', 'timer.created')
      .orderBy('id')
      .execute();
    return events.map(({ type }) => type);
  }

  return { db, all, outcomeOf, record, row, written, eventsOf };
}
