import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isKeyShaped } from './keys.js';

/** What a request shows for itself. `wrong` is neither a key nor a token; `none` shows nothing. */
export type Credential =
  | { kind: 'key'; key: string }
  | { kind: 'token'; token: string }
  | { kind: 'wrong' }
  | { kind: 'none' };

const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;
const JWT_SHAPE = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const LONGEST_TOKEN = 4_096;

/** `X-API-Key` goes before `Authorization` where both are sent. */
export function readCredential(headers: IncomingHttpHeaders): Credential {
  const named = headers['x-api-key'];
  if (named !== undefined) {
    return typeof named === 'string' && isKeyShaped(named) ? { kind: 'key', key: named } : { kind: 'wrong' };
  }
  if (headers.authorization === undefined) return { kind: 'none' };
  const [, token] = BEARER.exec(headers.authorization) ?? [];
  if (token === undefined || token.length > LONGEST_TOKEN) return { kind: 'wrong' };
  if (isKeyShaped(token)) return { kind: 'key', key: token };
  return JWT_SHAPE.test(token) ? { kind: 'token', token } : { kind: 'wrong' };
}

const LOOPBACK_ADDRESS = /^(?:127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;
const LOCAL_HOST = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/i;

/** Whether a `Host` names this machine. */
export const isLocalHost = (host: string): boolean => LOCAL_HOST.test(host);

/** A page in a browser that came from elsewhere: it may send requests here without asking. */
function isFromForeignPage({ host, origin, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  return origin !== undefined && origin !== `http://${host}`;
}

/**
 * Whether a request comes from a program on this machine and through nothing in between. The `Host` must be local:
 * a name that was rebound to loopback is another's.
 */
export function isLocal({ socket, headers }: IncomingMessage): boolean {
  const isForwarded = headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined;
  return (
    LOOPBACK_ADDRESS.test(socket.remoteAddress ?? '') &&
    isLocalHost(headers.host ?? '') &&
    !isForwarded &&
    !isFromForeignPage(headers)
  );
}
