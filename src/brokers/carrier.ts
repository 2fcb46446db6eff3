import { type Binding, bindingsOf, forgetBinding, noteBound } from '../db/broker-bindings.js';
import type { BrokerRow } from '../db/brokers.js';
import type { Database } from '../db/database.js';
import type { Log } from '../log.js';
import type { BrokerConnection, Consumption, Receive } from './connection.js';

export interface CarrierOptions {
  broker: Pick<BrokerRow, 'id' | 'org_id' | 'name'>;
  connection: BrokerConnection;
  database: Database;
  /** Takes what the queue of an agent hands over. */
  receiverOf: (agentId: string) => Receive;
  log: Log;
  /** Told when the queues should be looked at again. */
  onChange: () => void;
}

/** Has the queues of a broker read as its bindings say. */
export interface Carrier {
  /** Reads the queues that are wanted now, and empties the others. Answers what went wrong with one, or null. */
  reconcile(): Promise<unknown>;
}

/** A queue that is read over this connection. */
interface Reading {
  consumption: Consumption;
  /** As JSON: what it is bound to. */
  topics: string;
  isDraining: boolean;
}

export function createCarrier(options: CarrierOptions): Carrier {
  const { broker, database, log } = options;
  const readings = new Map<string, Reading>();
  const told = new Map<string, string>();

  /** Once for each queue and reason: it is tried again every second. */
  function tell(agent: string, error: unknown): void {
    const reason = error instanceof Error ? `${error.message} ${String(error.cause)}` : String(error);
    if (told.get(agent) === reason) return;
    told.set(agent, reason);
    const fields = { org: broker.org_id, broker: broker.name, agent, error };
    log.warn(fields, 'A queue of a broker cannot be made or read; tried again');
  }

  return {
    async reconcile() {
      let fault: unknown = null;
      for (const binding of await bindingsOf(database.db, { orgId: broker.org_id, brokerId: broker.id })) {
        const settle = binding.is_draining || binding.agent_name === null ? empty : read;
        try {
          await settle(options, readings, binding);
          told.delete(binding.agent_id);
        } catch (error) {
          tell(binding.agent_id, error);
          fault ??= error;
        }
      }
      return fault;
    },
  };
}

async function open(
  { connection, receiverOf, onChange }: CarrierOptions,
  readings: Map<string, Reading>,
  { agentId, topics, unwanted }: { agentId: string; topics: string[]; unwanted: string[] },
): Promise<Reading | null> {
  const consumption = await connection.consume({ agentId, topics, unwanted }, receiverOf(agentId));
  if (!consumption) return null;
  const reading = { consumption, topics: JSON.stringify(topics), isDraining: false };
  readings.set(agentId, reading);
  void consumption.closed.then(() => {
    if (readings.get(agentId) !== reading || reading.isDraining) return;
    readings.delete(agentId);
    onChange();
  });
  return reading;
}

/** What may be bound is noted before it is: if this process does not live to unbind it, another one does. */
async function read(
  options: CarrierOptions,
  readings: Map<string, Reading>,
  binding: Binding,
): Promise<void> {
  const { db } = options.database;
  const { agent_id: agentId, topics, bound } = binding;
  const reading = readings.get(agentId);
  const unwanted = bound.filter((pattern) => !topics.includes(pattern));
  const isAsWanted = reading?.topics === JSON.stringify(topics) && unwanted.length === 0;
  if (isAsWanted && !reading?.isDraining) return;
  await noteBound(db, binding, [...new Set([...bound, ...topics])]);
  if (reading) {
    // One that is wanted again while it is emptied stays.
    reading.isDraining = false;
    await reading.consumption.bind({ agentId, topics, unwanted }).catch((error: unknown) => {
      // It was taken away just now, and is made anew.
      readings.delete(agentId);
      throw error;
    });
    reading.topics = JSON.stringify(topics);
  } else await open(options, readings, { agentId, topics, unwanted });
  if (unwanted.length > 0) await noteBound(db, binding, topics);
}

/** Nothing new comes into the queue from here on; what it holds is taken in, and then it goes. */
async function empty(
  options: CarrierOptions,
  readings: Map<string, Reading>,
  binding: Binding,
): Promise<void> {
  const { connection, database, log, broker, onChange } = options;
  const { agent_id: agentId } = binding;
  if (readings.get(agentId)?.isDraining) return;
  if (binding.agent_name === null) {
    await connection.remove(agentId);
    return forgetBinding(database.db, binding);
  }
  const queue = { agentId, topics: [], unwanted: [...new Set([...binding.topics, ...binding.bound])] };
  const reading = readings.get(agentId) ?? (await open(options, readings, queue));
  // It was never made, or has gone with all that it held.
  if (!reading) return forgetBinding(database.db, binding);
  reading.isDraining = true;
  const drained = async () => {
    await reading.consumption.bind(queue);
    if (await reading.consumption.drain(() => reading.isDraining)) await forgetBinding(database.db, binding);
  };
  drained()
    .catch((error: unknown) =>
      log.warn(
        { org: broker.org_id, broker: broker.name, error },
        'A queue could not be emptied; tried again',
      ),
    )
    .finally(() => {
      if (readings.get(agentId) === reading && reading.isDraining) readings.delete(agentId);
      onChange();
    });
}
