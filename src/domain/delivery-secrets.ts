import type { TaskDelivery } from '../schemas/task-delivery.js';
import { type SecretChanges, withSecrets } from './channel-rules.js';
import { masking, sealing } from './url-secrets.js';

/** A delivery with what lets its holder in changed. */
export function mapSecrets(delivery: TaskDelivery, changes: SecretChanges): TaskDelivery {
  if (delivery.channel === 'webhook') {
    const { url } = withSecrets('webhook', { url: delivery.webhook_url, method: 'POST' }, changes);
    return { ...delivery, webhook_url: url };
  }
  return withSecrets(delivery.channel, delivery, changes);
}

/** A delivery as it is stored. */
export const sealedDelivery = (delivery: TaskDelivery, vault: { seal(text: string): string }): TaskDelivery =>
  mapSecrets(delivery, sealing(vault));

/** A stored delivery as it may be read. */
export const maskedDelivery = (delivery: TaskDelivery, vault: { open(text: string): string }): TaskDelivery =>
  mapSecrets(delivery, masking(vault));
