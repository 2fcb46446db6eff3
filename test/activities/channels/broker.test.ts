import { expect, test } from '@jest/globals';
import { createBrokerChannel } from '../../../src/activities/channels/broker.js';
import type { BrokerPool } from '../../../src/brokers/pool.js';
import { silentLog } from '../../support/databases.js';
import { aDelivery, outgoing } from '../../support/deliveries.js';

/** A broker at which nobody takes anything. */
const pool = {
  connectionTo: async () => ({ publish: async () => 'unroutable' }),
} as unknown as BrokerPool;

test.each([
  [[], 'retry'],
  [['unroutable', 'unroutable'], 'retry'],
  [['unroutable', 'unroutable', 'unroutable'], 'dead'],
  // The broker was away: nobody has looked yet whether anybody is bound there.
  [Array.from({ length: 20 }, () => 'connection_refused'), 'retry'],
  [['unroutable', 'unroutable', 'connection_lost', 'unroutable'], 'retry'],
])('what nobody takes after %j is %s', async (failures, kind) => {
  const request = { brokerId: 'b1', topic: 'jobs', messageId: 'm1' };
  const delivery = outgoing(aDelivery({ channel: 'broker', receiver: 'broker:b1', request }));
  const result = await createBrokerChannel(pool, silentLog).deliver({ ...delivery, failures });
  expect(result).toMatchObject({ kind, error: 'unroutable' });
});
