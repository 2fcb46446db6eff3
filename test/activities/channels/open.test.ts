import { afterEach, expect, test } from '@jest/globals';
import { openChannels } from '../../../src/activities/channels/open.js';
import type { NewDelivery } from '../../../src/db/deliveries.js';
import { openTestContext } from '../../support/api.js';
import { aDelivery, outgoing } from '../../support/deliveries.js';
import { openReceiver, type Receiver } from '../../support/receiver.js';

let inside: Receiver | undefined;
afterEach(() => inside?.close());

test('an inner address is reached for the operator, and for nobody else', async () => {
  inside = await openReceiver((_, response) => response.end('{"ok":true,"result":{"message_id":1}}'));
  const context = await openTestContext({ env: { TELEGRAM_BASE_URL: inside.url } });
  const { channels, close } = openChannels({ ...context, guard: { allow: [], allowLoopback: false } });
  const body = JSON.stringify({ title: 'MyAgent', text: 'done' });
  const deliver = (channel: 'telegram' | 'teams' | 'email', request: NewDelivery['request']) =>
    channels[channel].deliver(outgoing(aDelivery({ channel, request, body, orgId: 'demo' })));
  expect(await deliver('telegram', { botToken: '1:a', chatId: 1 })).toMatchObject({ kind: 'delivered' });
  expect(await deliver('teams', { url: inside.url })).toEqual({ kind: 'dead', error: 'address_not_allowed' });
  expect(await deliver('email', { recipients: ['a@example.com'] })).toEqual({
    kind: 'retry',
    error: 'channel_not_configured',
  });
  expect(inside.received).toHaveLength(1);
  await close();
  context.starter.close();
  await context.database.close();
  await context.connection.close();
});
