import { randomUUID } from 'node:crypto';
import type { CreatedOrg } from '../../src/api/create-org.js';
import type { Agent } from '../../src/schemas/agent.js';
import type { Broker } from '../../src/schemas/broker.js';
import { eventually, type TestMainspring } from './mainspring.js';

/** An organisation that uses brokers, as its admin and its programs call. */
export interface BrokerApi {
  org: CreatedOrg;
  /** Throws where it is not created. */
  addBroker(over: Record<string, unknown>): Promise<Broker>;
  broker(id: string): Promise<Broker>;
  /** Waits until the broker is so. */
  untilBroker(id: string, status: Broker['status']): Promise<Broker>;
  addAgent(over?: Record<string, unknown>): Promise<Agent>;
  change(agentId: string, change: Record<string, unknown>): Promise<Agent>;
  /** What is in an agent's mailbox, in its order: ids of messages. */
  mailOf(agentId: string): Promise<string[]>;
  /** Waits until so many messages are in an agent's mailbox. */
  untilMail(agentId: string, count: number): Promise<string[]>;
  /** Publishes on a topic as the API does. */
  publish(topic: string, id: string, sender?: Pick<Agent, 'id' | 'name'>): Promise<void>;
}

export async function openBrokerApi(
  mainspring: Pick<TestMainspring, 'org' | 'send' | 'database' | 'mailboxes'>,
): Promise<BrokerApi> {
  const org = await mainspring.org();
  const token = org.adminToken;

  async function call<T>(status: number, path: string, body?: unknown, method?: string): Promise<T> {
    const answer = await mainspring.send(path, { token, body, ...(method ? { method } : {}) });
    if (answer.status !== status) throw new Error(`${path}: ${answer.status} ${answer.text}`);
    return answer.json<T>();
  }
  const broker = async (id: string) => (await call<{ broker: Broker }>(200, `/brokers/${id}`)).broker;

  async function mailOf(agentId: string): Promise<string[]> {
    const rows = await mainspring.database.db
      .selectFrom('receipts')
      .select('message_id')
      .where('agent_id', '=', agentId)
      .orderBy('seq')
      .execute();
    return rows.map((row) => row.message_id);
  }

  return {
    org,
    async addBroker(over) {
      const body = { name: `broker-${randomUUID()}`, ...over };
      return (await call<{ broker: Broker }>(201, '/brokers', body)).broker;
    },
    broker,
    untilBroker: (id, status) =>
      eventually(
        () => broker(id),
        (now) => now.status === status,
      ),
    async addAgent(over = {}) {
      const body = { name: `agent ${randomUUID()}`, ...over };
      return (await call<{ agent: Agent }>(201, '/agents', body)).agent;
    },
    async change(agentId, change) {
      return (await call<{ agent: Agent }>(200, `/agents/${agentId}`, change, 'PATCH')).agent;
    },
    mailOf,
    untilMail: (agentId, count) =>
      eventually(
        () => mailOf(agentId),
        (ids) => ids.length >= count,
      ),
    async publish(topic, id, agent) {
      const sender = agent?.name ?? 'a test';
      const at = new Date();
      const sending = await mainspring.mailboxes.send(
        {
          ...{ orgId: org.orgId, id, topic, sender, type: 'note', payload: { content: id } },
          ...{ sentAt: Math.floor(at.getTime() / 1_000), replyTo: null, inReplyTo: null, isPublished: true },
          ...{ senderAgentId: agent?.id ?? null, fingerprint: null, expiresAt: null, createdAt: at },
        },
        { kind: 'topic' },
      );
      if (sending.kind !== 'accepted') throw new Error(`not published: ${sending.kind}`);
    },
  };
}

/** A broker outside, as somebody else's program uses it. */
export interface Outside {
  url(): string;
  publish(topic: string, id: string): Promise<void>;
  /** What waits in the queue of an agent; null where it has none. */
  waitingAt(agentId: string, brokerId: string): Promise<number | null>;
}

export interface Pair {
  agent: Agent;
  broker: Broker;
}

/** A broker that is connected, and an agent whose queue stands there. */
export async function connectedPair(api: BrokerApi, outside: Outside, topics: string[]): Promise<Pair> {
  const broker = await api.addBroker({ endpoints: [outside.url()] });
  const agent = await api.addAgent({ topics, brokers: [broker.name] });
  await eventually(
    () => outside.waitingAt(agent.id, broker.id),
    (waiting) => waiting !== null,
  );
  await api.untilBroker(broker.id, 'connected');
  return { broker, agent };
}

/** Takes an agent away from its broker and gives it back, twice, while messages are published; answers their ids. */
export async function moveToAndFro(
  api: BrokerApi,
  { publish, waitingAt }: Outside,
  { agent, broker }: Pair,
  topic: string,
): Promise<string[]> {
  const prefix = randomUUID();
  const sent: string[] = [];
  for (let round = 0; round < 4; round++) {
    const isExternal = round % 2 === 0;
    for (let index = 0; index < 10; index++) {
      const id = `${prefix}-${round}-${index}`;
      if (isExternal) await publish(topic, id);
      else await api.publish(topic, id);
      sent.push(id);
    }
    await api.change(agent.id, { brokers: isExternal ? [] : [broker.name] });
    const isThere = (waiting: number | null) => (waiting === null) === isExternal;
    await eventually(() => waitingAt(agent.id, broker.id), isThere);
  }
  return sent;
}
