import type { TaskDelivery } from '../schemas/task-delivery.js';
import { hasSecrets, MASK, maskUrl } from './mask-webhooks.js';

/** Changes what of a delivery lets its holder in: secrets by themselves, and URLs that may carry some. */
export function mapSecrets(
  delivery: TaskDelivery,
  { secret, url }: Record<'secret' | 'url', (text: string) => string>,
): TaskDelivery {
  switch (delivery.channel) {
    case 'webhook':
      return { ...delivery, webhook_url: url(delivery.webhook_url) };
    case 'telegram':
      return { ...delivery, telegram_bot_token: secret(delivery.telegram_bot_token) };
    case 'teams':
      // Whoever knows the address may post there.
      return { ...delivery, teams_webhook_url: secret(delivery.teams_webhook_url) };
    default:
      return delivery;
  }
}

/** A delivery as it is stored. */
export const sealedDelivery = (delivery: TaskDelivery, vault: { seal(text: string): string }): TaskDelivery =>
  mapSecrets(delivery, {
    secret: (text) => vault.seal(text),
    url: (text) => (hasSecrets(text) ? vault.seal(text) : text),
  });

/** A stored delivery as it may be read. */
export const maskedDelivery = (delivery: TaskDelivery, vault: { open(text: string): string }): TaskDelivery =>
  mapSecrets(delivery, { secret: () => MASK, url: (text) => maskUrl(vault.open(text)) });
