import { randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;

/** How long the secret before signs as well, in ms. */
export const OVERLAP_MS = 24 * 3_600_000;

/** What signs webhooks, as Standard Webhooks write it. */
export const generateWebhookSecret = (): string => `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
