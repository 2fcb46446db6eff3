import type { BrokerKind } from '../schemas/broker.js';

/** An endpoint in its parts. */
export interface EndpointParts {
  kind: BrokerKind;
  isEncrypted: boolean;
  /** As names are compared; of an address its usual spelling. */
  host: string;
  port: number;
  user: string;
  password: string;
  /** Of AMQP; empty is the default one. */
  virtualHost: string;
}

const PORTS: Record<BrokerKind, { plain: number; encrypted: number }> = {
  amqp: { plain: 5_672, encrypted: 5_671 },
  nats: { plain: 4_222, encrypted: 4_222 },
};

export const kindOf = (endpoint: string): BrokerKind => (/^amqp?s?:/i.test(endpoint) ? 'amqp' : 'nats');

/** URL parsers leave hosts of schemes that they do not know as they are: 0x7f.1 would not read as the address it is. */
const asWebUrl = (endpoint: string) => new URL(endpoint.replace(/^[a-z]+:/i, 'http:'));

/** Whether a URL can be read as an endpoint. */
export function isEndpoint(endpoint: string): boolean {
  try {
    return partsOf(endpoint).host !== '';
  } catch {
    return false;
  }
}

/** Throws where a part is not encoded as URLs are. */
export function partsOf(endpoint: string): EndpointParts {
  const url = asWebUrl(endpoint);
  const kind = kindOf(endpoint);
  const isEncrypted = /^(?:amqps|tls):/i.test(endpoint);
  const { plain, encrypted } = PORTS[kind];
  // A parser of web URLs swallows their usual port.
  const port = url.port === '' && /:80(?:\/|$)/.test(endpoint.replace(/^.*@/, '')) ? '80' : url.port;
  return {
    ...{ kind, isEncrypted },
    host: url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, ''),
    port: port === '' ? (isEncrypted ? encrypted : plain) : Number(port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    virtualHost: decodeURIComponent(url.pathname.slice(1)),
  };
}

/** As the guard reads it. */
export const webUrlOf = (endpoint: string): string => asWebUrl(endpoint).href;

const MASK = '***';

/** Whether what was asked for is this endpoint; credentials that are masked, or left out, are those that it has. */
export function isSameEndpoint(asked: string, stored: string): boolean {
  const [one, other] = [partsOf(asked), partsOf(stored)];
  const isThere =
    one.kind === other.kind &&
    one.isEncrypted === other.isEncrypted &&
    one.host === other.host &&
    one.port === other.port &&
    one.virtualHost === other.virtualHost;
  const isAnybody = one.user === '' && one.password === '';
  const isMasked = one.user === MASK || one.password === MASK;
  return isThere && (isAnybody || isMasked || (one.user === other.user && one.password === other.password));
}

/** The name of a broker that was only told as an endpoint. */
export const nameOf = (endpoint: string): string => {
  const { host, port } = partsOf(endpoint);
  return `${host.replaceAll(/[^A-Za-z0-9._-]/g, '-').slice(0, 150)}-${port}`;
};
