import type { Client } from '@temporalio/client';
import type { Channel, Channels } from './channel.js';
import { createLogChannel } from './log.js';
import { createSignalChannel } from './signal.js';
import { createWebhookChannel, type WebhookOptions } from './webhook.js';

export interface ChannelsOptions extends WebhookOptions {
  client: Pick<Client, 'workflow' | 'withDeadline'>;
  /** Starts a timer: it needs what timers are created with. */
  timer: Channel;
}

/** Every way to reach a receiver. */
export const createChannels = ({ client, timer, ...webhook }: ChannelsOptions): Channels => ({
  webhook: createWebhookChannel(webhook),
  log: createLogChannel(webhook.log),
  signal: createSignalChannel(client),
  timer,
});
