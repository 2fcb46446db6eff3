import type { GuardOptions } from '../outbound/guard.js';
import { openAmqp } from './amqp.js';
import { type BrokerAccess, type BrokerConnection, BrokerError } from './connection.js';
import { partsOf } from './endpoint.js';
import { openNats } from './nats.js';
import { addressOf } from './reach.js';

/**
 * Connects to a broker: the first of its endpoints that takes it. Rejects with the {@link BrokerError} of the first;
 * aborted, it tries no further one.
 */
export async function openBroker(
  { id, endpoints, config }: BrokerAccess,
  guard: GuardOptions,
  signal?: AbortSignal,
): Promise<BrokerConnection> {
  let first: unknown;
  for (const endpoint of endpoints) {
    if (signal?.aborted) break;
    try {
      const parts = partsOf(endpoint);
      const address = await addressOf(parts, guard);
      const open = parts.kind === 'amqp' ? openAmqp : openNats;
      return await open({ brokerId: id, parts, address, config });
    } catch (error) {
      first ??= error;
    }
  }
  throw first ?? new BrokerError('connection_lost');
}
