import type { IncomingMessage } from 'node:http';

/**
 * Where a request comes from. Each of the `proxies` in front of us appends the address that it was called from to
 * X-Forwarded-For; what stands before those a caller may have made up.
 */
export function clientAddress({ socket, headers }: IncomingMessage, proxies: number): string {
  const peer = socket.remoteAddress ?? '';
  const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',');
  if (proxies === 0 || forwarded === '') return peer;
  const [first, ...others] = [...forwarded.split(',').map((address) => address.trim()), peer];
  return [first, ...others].at(-1 - proxies) ?? first ?? peer;
}
