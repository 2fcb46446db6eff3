import { Agent } from 'undici';
import { Connections } from './connections.js';
import { type Answer, exchange } from './exchange.js';
import { type GuardOptions, readAllowList } from './guard.js';
import { guardedConnector, type Resolve } from './guarded-connector.js';
import { OutboundError } from './outbound-error.js';

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
  resolve,
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
    connect: connections.counting(guardedConnector(guard, { timeoutMs, resolve })),
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
