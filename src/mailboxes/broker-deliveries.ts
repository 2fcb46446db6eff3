import { wantedBindings } from '../db/broker-bindings.js';
import type { Db } from '../db/database.js';
import type { NewDelivery } from '../db/deliveries.js';
import type { MessageRow, NewMessage } from '../db/messages.js';
import { targetOf } from '../domain/channel-rules.js';
import { matchesTopic } from '../domain/topic-pattern.js';
import { envelopeOf } from './envelope.js';

/** A broker that was away has what waited for it within a minute, if it comes back within a week. */
const POLICY = { maxAttempts: 10_000, maxBackoffMs: 60_000 };

/** Brokers through which a subscriber hears what is published: others may listen there as well. */
export async function brokersFor(
  db: Db,
  { orgId, topic }: Pick<NewMessage, 'orgId' | 'topic'>,
): Promise<string[]> {
  if (topic === null) return [];
  const bindings = await wantedBindings(db, orgId);
  const meant = bindings.filter(({ topics }) => topics.some((pattern) => matchesTopic(pattern, topic)));
  return [...new Set(meant.map((binding) => binding.broker_id))];
}

/** The ways of a published message to brokers, `<message id>.broker.<broker id>`: frozen now, due at once. */
export function brokerDeliveries(message: MessageRow, brokerIds: readonly string[], at: Date): NewDelivery[] {
  const { org_id: orgId, id: messageId, topic } = message;
  const body = JSON.stringify(envelopeOf(message));
  return brokerIds.map((brokerId) => ({
    orgId,
    id: `${messageId}.broker.${brokerId}`,
    channel: 'broker',
    ...targetOf('broker', { brokerId, topic: topic ?? '', messageId }, (stored) => stored),
    body,
    policy: POLICY,
    status: 'pending',
    nextAttemptAt: at,
    ...{ timerId: null, taskId: null, subscriptionId: null, tenantId: null, escalation: null },
    ...{ occurrence: null, dueAt: null, firedAt: null, windowAt: null, epoch: null },
  }));
}
