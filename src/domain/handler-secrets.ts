import type { Handler } from '../schemas/handler.js';
import type { SecretChanges } from './channel-rules.js';
import { mapValues } from './url-secrets.js';

/** A handler with what lets its holder in changed: its URL, where that carries some, and the values of its headers. */
export function withHandlerSecrets(handler: Handler | null, { url, secret }: SecretChanges): Handler | null {
  if (handler === null || !('url' in handler)) return handler;
  const { headers } = handler;
  return {
    ...handler,
    url: url(handler.url),
    ...(headers ? { headers: mapValues(headers, secret) } : {}),
  };
}
