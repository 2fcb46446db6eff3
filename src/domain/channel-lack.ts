import type { Channel } from '../schemas/delivery.js';

/** Servers that some channels need. */
export interface ChannelServers {
  SMTP_URL?: string | undefined;
  REDIS_URL?: string | undefined;
}

const NEEDS: Partial<Record<Channel, keyof ChannelServers>> = {
  email: 'SMTP_URL',
  redis_stream: 'REDIS_URL',
};

/** What a channel lacks to be used, in words; null where it lacks nothing. */
export function lackOf(channel: Channel, servers: ChannelServers): string | null {
  const needed = NEEDS[channel];
  if (needed === undefined || servers[needed] !== undefined) return null;
  return `is not available: ${needed} is not set where Mainspring runs`;
}
