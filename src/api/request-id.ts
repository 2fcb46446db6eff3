import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What may be repeated in a header and a log line without harm. */
const HARMLESS = /^[A-Za-z0-9._:/+=@-]{1,128}$/;

/** The caller's own id where it is harmless, otherwise a new one. */
export function requestIdOf({ headers }: IncomingMessage): string {
  const own = headers['x-request-id'];
  return typeof own === 'string' && HARMLESS.test(own) ? own : randomUUID();
}
