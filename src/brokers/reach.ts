import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type GuardOptions, isAddressAllowed } from '../outbound/guard.js';
import { BrokerError } from './connection.js';
import type { EndpointParts } from './endpoint.js';

/** A connection stands within this time, or is given up. */
export const CONNECT_MS = 5_000;

/** The broker confirms what it was given within this time. */
export const CONFIRM_MS = 10_000;

/**
 * The address to connect to: it is asked for once, checked, and used, so that a name cannot lead elsewhere a moment
 * later. One address that is not allowed makes the name one.
 */
export async function addressOf({ host }: EndpointParts, guard: GuardOptions): Promise<string> {
  const found = isIP(host) ? [{ address: host }] : await resolved(host);
  const [first] = found;
  if (!first) throw new BrokerError('name_not_resolved');
  if (!found.every(({ address }) => isAddressAllowed(address, host, guard)))
    throw new BrokerError('address_not_allowed');
  return first.address;
}

async function resolved(host: string): Promise<{ address: string }[]> {
  try {
    return await lookup(host, { all: true });
  } catch (error) {
    throw new BrokerError('name_not_resolved', { cause: error });
  }
}

/** Answers as `work` does, or rejects with a fault when that takes too long. */
export async function within<T>(work: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const isOver = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new BrokerError('timeout')), limitMs);
  });
  try {
    return await Promise.race([work, isOver]);
  } finally {
    clearTimeout(timer);
  }
}
