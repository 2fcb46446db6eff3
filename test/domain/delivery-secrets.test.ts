import { expect, test } from '@jest/globals';
import { withResultSecrets } from '../../src/domain/channel-rules.js';
import { maskedDelivery, sealedDelivery } from '../../src/domain/delivery-secrets.js';
import type { TaskDelivery } from '../../src/schemas/task-delivery.js';
import { newVault } from '../support/vault.js';

/** What of each channel nobody may read, in the names of its fields. */
const SECRETS: { [C in TaskDelivery['channel']]: [TaskDelivery & { channel: C }, masked: object] } = {
  log: [{ channel: 'log' }, {}],
  webhook: [
    { channel: 'webhook', webhook_url: 'https://a.example/?sig=hunter2' },
    { webhook_url: 'https://a.example/?sig=***' },
  ],
  telegram: [
    { channel: 'telegram', telegram_bot_token: '123:hunter2', telegram_chat_id: 7 },
    { telegram_bot_token: '***' },
  ],
  teams: [{ channel: 'teams', teams_webhook_url: 'https://a.example/hunter2' }, { teams_webhook_url: '***' }],
  email: [{ channel: 'email', email_recipients: ['a@example.com'] }, {}],
  redis_stream: [{ channel: 'redis_stream', response_stream: 'mine' }, {}],
};

test.each(Object.values(SECRETS))('%j is stored without its secrets in the open', (delivery, masked) => {
  const vault = newVault();
  const stored = sealedDelivery(delivery, vault);
  expect(JSON.stringify(stored)).not.toContain('hunter2');
  expect(maskedDelivery(stored, vault)).toEqual({ ...delivery, ...masked });
  const open = (text: string) => vault.open(text);
  expect(withResultSecrets(stored, { secret: open, url: open })).toEqual(delivery);
});
