import type { Channel } from './channel.js';

/** Stands in for a channel whose server this process was not told of: another one may be, or this one after a restart. */
export const notConfigured: Channel = {
  deliver: async () => ({ kind: 'retry', error: 'channel_not_configured' }),
};
