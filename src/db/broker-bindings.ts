import type { BindingRow, BrokerKey } from './brokers.js';
import type { Db } from './database.js';
import { notify } from './notify.js';

/** An agent's queue at a broker, and whose it is; the name is null where the agent was deleted. */
export type Binding = BindingRow & { agent_name: string | null };

export async function bindingsOf(db: Db, { orgId, brokerId }: BrokerKey): Promise<Binding[]> {
  return db
    .selectFrom('broker_bindings')
    .leftJoin('agents', 'agents.id', 'broker_bindings.agent_id')
    .selectAll('broker_bindings')
    .select('agents.name as agent_name')
    .where('broker_bindings.org_id', '=', orgId)
    .where('broker_id', '=', brokerId)
    .orderBy('agent_id')
    .execute();
}

/** Queues that carry what is published on topics to agents, through any broker of the organisation. */
export async function wantedBindings(
  db: Db,
  orgId: string,
): Promise<Pick<BindingRow, 'broker_id' | 'agent_id' | 'topics'>[]> {
  return db
    .selectFrom('broker_bindings')
    .select(['broker_id', 'agent_id', 'topics'])
    .where('org_id', '=', orgId)
    .where('is_draining', '=', false)
    .orderBy('broker_id')
    .execute();
}

/** Agents that brokers carry topics for, by broker. */
export async function agentsOfBrokers(
  db: Db,
  orgId: string,
): Promise<{ broker_id: string; id: string; name: string }[]> {
  return db
    .selectFrom('broker_bindings')
    .innerJoin('agents', 'agents.id', 'broker_bindings.agent_id')
    .select(['broker_id', 'agents.id as id', 'agents.name as name'])
    .where('broker_bindings.org_id', '=', orgId)
    .where('is_draining', '=', false)
    .orderBy('agents.name')
    .execute();
}

/** Agents whose topics a broker carries, and what they name as brokers. */
export async function agentsBoundTo(tx: Db, brokerId: string): Promise<{ id: string; brokers: string[] }[]> {
  return tx
    .selectFrom('agents')
    .select(['id', 'brokers'])
    .where('id', 'in', (rows) =>
      rows.selectFrom('broker_bindings').select('agent_id').where('broker_id', '=', brokerId),
    )
    .orderBy('id')
    .forUpdate()
    .execute();
}

export async function renameBrokersOf(tx: Db, agentId: string, brokers: readonly string[]): Promise<void> {
  await tx
    .updateTable('agents')
    .set((row) => ({ brokers: JSON.stringify(brokers), revision: row('revision', '+', 1) }))
    .where('id', '=', agentId)
    .execute();
}

/** The brokers that an agent's topics go through from now on; what others still hold for it is fetched first. */
export async function writeBindings(
  tx: Db,
  { orgId, agentId, topics }: { orgId: string; agentId: string; topics: readonly string[] },
  brokerIds: readonly string[],
): Promise<void> {
  const wanted = topics.length === 0 ? [] : [...new Set(brokerIds)];
  let unwanted = tx.updateTable('broker_bindings').set({ is_draining: true }).where('agent_id', '=', agentId);
  if (wanted.length > 0) unwanted = unwanted.where('broker_id', 'not in', wanted);
  await unwanted.execute();
  if (wanted.length === 0) return;
  const stored = JSON.stringify(topics);
  await tx
    .insertInto('broker_bindings')
    .values(
      wanted.map((brokerId) => ({
        ...{ org_id: orgId, broker_id: brokerId, agent_id: agentId, topics: stored },
        is_draining: false,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['broker_id', 'agent_id']).doUpdateSet({ topics: stored, is_draining: false }),
    )
    .execute();
}

/** An agent is about to be deleted: its queues go as well. */
export async function abandonBindings(
  tx: Db,
  { id, org_id: orgId }: { id: string; org_id: string },
): Promise<void> {
  await writeBindings(tx, { orgId, agentId: id, topics: [] }, []);
  await notify(tx, 'brokers', orgId);
}

/** Notes to which patterns a queue may be bound at the broker. */
export async function noteBound(
  db: Db,
  { broker_id, agent_id }: Pick<BindingRow, 'broker_id' | 'agent_id'>,
  bound: readonly string[],
): Promise<void> {
  await db
    .updateTable('broker_bindings')
    .set({ bound: JSON.stringify(bound) })
    .where('broker_id', '=', broker_id)
    .where('agent_id', '=', agent_id)
    .execute();
}

/** Forgets a queue that was emptied and taken away, unless it is wanted again. */
export async function forgetBinding(
  db: Db,
  { broker_id, agent_id }: Pick<BindingRow, 'broker_id' | 'agent_id'>,
): Promise<void> {
  await noteBound(db, { broker_id, agent_id }, []);
  await db
    .deleteFrom('broker_bindings')
    .where('broker_id', '=', broker_id)
    .where('agent_id', '=', agent_id)
    .where('is_draining', '=', true)
    .execute();
}
