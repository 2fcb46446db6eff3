import type { TaskDelivery } from '../schemas/task-delivery.js';
import { withResultSecrets } from './channel-rules.js';
import { masking, sealing } from './url-secrets.js';

/** A delivery as it is stored. */
export const sealedDelivery = (delivery: TaskDelivery, vault: { seal(text: string): string }): TaskDelivery =>
  withResultSecrets(delivery, sealing(vault));

/** A stored delivery as it may be read. */
export const maskedDelivery = (delivery: TaskDelivery, vault: { open(text: string): string }): TaskDelivery =>
  withResultSecrets(delivery, masking(vault));
