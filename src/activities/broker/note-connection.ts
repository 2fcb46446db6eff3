import { type BrokerRow, noteBroker } from '../../db/brokers.js';
import type { Database } from '../../db/database.js';
import { closeCircuit } from '../../db/endpoints.js';
import { appendEvents } from '../../db/events.js';
import { brokerReceiver } from '../../domain/channel-target.js';
import type { Starter } from '../../engine/starter.js';
import type { Log } from '../../log.js';

export interface NoteConnectionOptions {
  database: Database;
  starter: Pick<Starter, 'tellBroker' | 'ensureEndpoint' | 'wakeEndpoint'>;
  log: Log;
}

type Found = { status: 'connected' | 'unreachable'; error: string | null };

/** Writes how a broker was found; news is an event, and told to its workflow and to what waits to be published. */
export async function noteConnection(
  { database, starter, log }: NoteConnectionOptions,
  { id: brokerId, org_id: orgId, name, kind }: BrokerRow,
  { status, error }: Found,
): Promise<void> {
  const endpoint = { orgId, receiver: brokerReceiver(brokerId) };
  const isConnected = status === 'connected';
  const isNews = await database.db.transaction().execute(async (tx) => {
    if (!(await noteBroker(tx, { orgId, brokerId }, { status, error }))) return false;
    const data = { name, kind, ...(isConnected ? {} : { error }) };
    await appendEvents(tx, [
      { orgId, type: isConnected ? 'broker.connected' : 'broker.unreachable', subject: brokerId, data },
    ]);
    if (isConnected) await closeCircuit(tx, endpoint);
    return true;
  });
  if (!isNews) return;
  const fields = { org: orgId, broker: name, kind, ...(isConnected ? {} : { reason: error ?? '' }) };
  if (isConnected) log.info(fields, 'A broker is connected');
  else log.warn(fields, 'A broker cannot be reached; tried again');
  await starter.tellBroker({ orgId, brokerId });
  if (!isConnected) return;
  await starter.ensureEndpoint(endpoint);
  starter.wakeEndpoint(endpoint);
}
