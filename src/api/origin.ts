import type { IncomingMessage } from 'node:http';
import type { Config } from '../config.js';

/** A name, an IPv4 or a bracketed IPv6 address, with or without a port. */
const AUTHORITY = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;
const SCHEME = /^https?$/;

/** What the outermost proxy says; a list has its word first. */
const forwarded = ({ headers }: IncomingMessage, name: 'host' | 'proto'): string =>
  [headers[`x-forwarded-${name}`] ?? []].flat().join(',').split(',')[0]?.trim() ?? '';

/**
 * Scheme and authority that a request was sent to: PUBLIC_URL where it is set, else as the request says, or as the
 * proxies say where some are trusted. What cannot be an authority is taken for this machine.
 */
export function originOf(
  req: IncomingMessage,
  { PUBLIC_URL, TRUSTED_PROXIES, PORT }: Pick<Config, 'PUBLIC_URL' | 'TRUSTED_PROXIES' | 'PORT'>,
): string {
  if (PUBLIC_URL !== undefined) return PUBLIC_URL;
  const isProxied = TRUSTED_PROXIES > 0;
  const host = (isProxied && forwarded(req, 'host')) || (req.headers.host ?? '');
  const scheme = isProxied ? forwarded(req, 'proto') : '';
  const authority = AUTHORITY.test(host) ? host : `localhost:${req.socket.localPort ?? PORT}`;
  return `${SCHEME.test(scheme) ? scheme : 'http'}://${authority}`;
}
