import { lookup as resolveName } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { bareHost, type GuardOptions, isAddressAllowed } from './guard.js';
import { OutboundError } from './outbound-error.js';

/** Answers every address of a host name. */
export type Resolve = (host: string) => Promise<{ address: string; family: number }[]>;

export interface ConnectorOptions {
  /** For a connection to stand. */
  timeoutMs: number;
  resolve?: Resolve | undefined;
}

const resolveAll: Resolve = (host) => resolveName(host, { all: true });

/**
 * Lookups occupy the runtime's few threads for as long as a resolver is silent: one under way for a name serves all
 * who ask, so that a dead name does not keep other names waiting.
 */
function sharingUnderWay(resolve: Resolve): Resolve {
  const underWay = new Map<string, ReturnType<Resolve>>();
  return (host) => {
    const known = underWay.get(host);
    if (known) return known;
    const asked = resolve(host).finally(() => underWay.delete(host));
    underWay.set(host, asked);
    return asked;
  };
}

/** Checks an address that stands in the URL, those that a name resolves to, and the one that was connected to. */
export function guardedConnector(
  guard: GuardOptions,
  { timeoutMs, resolve: asked = resolveAll }: ConnectorOptions,
): buildConnector.connector {
  const resolve = sharingUnderWay(asked);
  const lookup: LookupFunction = (host, { all }, callback) => {
    const answer = (addresses: Awaited<ReturnType<Resolve>>) => {
      const [first] = addresses;
      const isAllowed = addresses.every(({ address }) => isAddressAllowed(address, host, guard));
      if (!first) callback(new OutboundError('name_not_resolved'), '');
      else if (!isAllowed) callback(new OutboundError('address_not_allowed'), '');
      else if (all) callback(null, addresses);
      else callback(null, first.address, first.family);
    };
    resolve(host).then(answer, () => callback(new OutboundError('name_not_resolved'), ''));
  };
  const connect = buildConnector({ lookup, timeout: timeoutMs });
  return (options, callback) => {
    const host = bareHost(options.hostname);
    const refuse = () => callback(new OutboundError('address_not_allowed'), null);
    // For a literal address no lookup is ever made.
    if (isIP(host) && !isAddressAllowed(host, host, guard)) return refuse();
    connect(options, (...result) => {
      const [, socket] = result;
      if (!socket || isAddressAllowed(socket.remoteAddress ?? '', host, guard)) return callback(...result);
      socket.destroy();
      refuse();
    });
  };
}
