import { lookup as resolveName } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { Connections } from './connections.js';
import { type Answer, exchange } from './exchange.js';
import { bareHost, type GuardOptions, isAddressAllowed, readAllowList } from './guard.js';
import { OutboundError } from './outbound-error.js';

/** Answers every address of a host name. */
export type Resolve = (host: string) => Promise<{ address: string; family: number }[]>;

export interface OutboundOptions extends GuardOptions {
  /** For a whole request, from the call to the end of the answer. */
  timeoutMs: number;
  connectionsPerHost: number;
  resolve?: Resolve;
}

export interface OutboundRequest {
  url: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string | null;
  timeoutMs?: number;
}

/**
 * The one way out for everything that callers name. It never connects to an address that is not allowed, whatever
 * the URL or the resolver says; follows no redirect; uses no proxy; reads little of an answer.
 */
export interface Outbound {
  /** Rejects with an {@link OutboundError} when no answer came. An answer of any status is an answer. */
  request(request: OutboundRequest): Promise<Answer>;
  close(): Promise<void>;
}

export function createOutbound({
  timeoutMs,
  connectionsPerHost,
  resolve = resolveAll,
  ...guard
}: OutboundOptions): Outbound {
  readAllowList(guard.allow);
  const connections = new Connections();
  const agent = new Agent({
    connections: connectionsPerHost,
    pipelining: 1,
    // One limit for all of it, kept by `exchange`.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: connections.counting(guardedConnector(guard, sharingUnderWay(resolve), timeoutMs)),
  });
  return {
    async request({ url, method, headers, body, timeoutMs: limitMs = timeoutMs }) {
      const target = URL.canParse(url) ? new URL(url) : null;
      if (!target || !/^https?:$/.test(target.protocol)) throw new OutboundError('url_not_allowed');
      return exchange(agent, {
        origin: target.origin,
        path: target.pathname + target.search,
        method,
        headers: { ...credentialsOf(target), ...headers },
        body,
        timeoutMs: limitMs,
        isReachable: (since) => connections.stoodSince(target.origin, since),
      });
    },
    close: () => agent.destroy(),
  };
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
function guardedConnector(
  guard: GuardOptions,
  resolve: Resolve,
  timeoutMs: number,
): buildConnector.connector {
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

/** User and password of a URL become a header, as a browser would send them. */
function credentialsOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const text = [username, password].map(decoded).join(':');
  return { authorization: `Basic ${Buffer.from(text).toString('base64')}` };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
