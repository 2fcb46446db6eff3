import type { DeliveryRequest } from '../schemas/delivery.js';

/** Reads what may be sealed; throws where its key is gone. */
export type Open = (stored: string) => string;

/** Where a delivery goes: whom its circuit is kept of, and what its channel needs, secrets sealed. */
export interface ChannelTarget {
  receiver: string;
  request: DeliveryRequest;
}

/** Stands in for a receiver that was sealed with a key that is gone: its attempts fail, and say so. */
const UNREADABLE = 'unreadable';
function readable(read: () => string): string {
  try {
    return read();
  } catch {
    return UNREADABLE;
  }
}

/** Scheme, host and port of a stored URL. */
export const originOf = (storedUrl: string, open: Open): string =>
  readable(() => new URL(open(storedUrl)).origin);

/** Telegram limits what a bot sends: each has a circuit of its own. The number before the colon is no secret. */
export const botOf = (storedToken: string, open: Open): string =>
  readable(() => `telegram:${open(storedToken).split(':')[0]}`);

/** A broker outside, whose endpoints stand in its row. */
export const brokerReceiver = (brokerId: string): string => `broker:${brokerId}`;

export const MAIL_SERVER = 'email';
export const REDIS = 'redis_stream';
/** Whether a receiver is a server that the operator set up for all. */
export const isOperatorsOwn = (receiver: string): boolean => receiver === MAIL_SERVER || receiver === REDIS;
