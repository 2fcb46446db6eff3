import { randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;

/** What signs webhooks, as Standard Webhooks write it. */
export const generateWebhookSecret = (): string => `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
