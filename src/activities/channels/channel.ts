import type { DeliveryContent } from '../../db/deliveries.js';
import type { Channel as ChannelName } from '../../schemas/delivery.js';

/** A delivery that is about to be attempted. */
export interface OutgoingDelivery extends DeliveryContent {
  /** Of this attempt, from 1; goes on over redeliveries. */
  attemptNumber: number;
  /** Attempts made before it was last sent anew: they do not count against its policy. 0 where left out. */
  attemptsBefore?: number;
  /** Recipients that earlier attempts have done with. */
  settled?: readonly string[];
  /** How earlier attempts through a broker failed, the latest last. */
  failures?: readonly string[];
  /** The arming that sends it first; null where its receiver's endpoint workflow does. */
  epoch: number | null;
}

/** What one attempt came to. `error` is a short code or the status that was answered, never an address. */
export type AttemptResult =
  | { kind: 'delivered'; statusCode?: number; answer?: string }
  | {
      kind: 'retry';
      error: string;
      statusCode?: number;
      retryAfterMs?: number;
      answer?: string;
      /** Recipients that the next attempt need not be for. */
      settled?: readonly string[];
    }
  | { kind: 'dead'; error: string; statusCode?: number; answer?: string }
  /** Nothing was sent, for a reason of our own: no attempt. */
  | { kind: 'unsent'; error: string; statusCode?: never; answer?: never };

/** One way to reach a receiver. Resolves whatever happens: a failure is a result. */
export interface Channel {
  deliver(delivery: OutgoingDelivery): Promise<AttemptResult>;
}

/** One of each. */
export type Channels = Record<ChannelName, Channel>;
