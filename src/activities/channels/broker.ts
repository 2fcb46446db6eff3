import { BrokerError } from '../../brokers/connection.js';
import type { BrokerPool } from '../../brokers/pool.js';
import type { Log } from '../../log.js';
import type { AttemptResult, Channel, OutgoingDelivery } from './channel.js';
import { reporting } from './reporting.js';

/** A queue that is about to be made takes a message then; what nobody wants so often in a row, nobody wants. */
const UNROUTABLE_ATTEMPTS = 4;
const UNROUTABLE = 'unroutable';

/** Publishes a message through a broker outside; it is delivered when the broker has it for good. */
export const createBrokerChannel = (pool: BrokerPool, log: Log): Channel =>
  reporting(log, 'Message not published', (delivery) => attempt(pool, log, delivery));

async function attempt(pool: BrokerPool, log: Log, delivery: OutgoingDelivery): Promise<AttemptResult> {
  const { orgId, body, request, failures = [] } = delivery;
  const { brokerId = '', topic = '', messageId = delivery.id } = request;
  try {
    const connection = await pool.connectionTo({ orgId, brokerId });
    if (!connection) return { kind: 'dead', error: 'broker_deleted' };
    const published = await connection.publish({ id: messageId, topic, body });
    if (published === 'published') return { kind: 'delivered' };
    const before = failures.length - 1 - failures.findLastIndex((failure) => failure !== UNROUTABLE);
    return { kind: before + 1 >= UNROUTABLE_ATTEMPTS ? 'dead' : 'retry', error: UNROUTABLE };
  } catch (error) {
    if (error instanceof BrokerError) return { kind: 'retry', error: error.fault };
    log.error({ org: orgId, delivery: delivery.id, error }, 'A message could not be published');
    return { kind: 'retry', error: 'not_published' };
  }
}
