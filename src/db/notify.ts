import { sql } from 'kysely';
import type { Channel, Db } from './database.js';

/** Tells every process that listens to the channel; inside a transaction, when it commits. At most 8,000 bytes. */
export async function notify(db: Db, channel: Channel, payload: string): Promise<void> {
  await sql`select pg_notify(${`mainspring_${channel}`}, ${payload})`.execute(db);
}
