import { isMasked, MASK, maskUrl, sealing } from '../domain/url-secrets.js';
import type { FieldError } from '../schemas/field-errors.js';
import type { Handler } from '../schemas/handler.js';
import { invalid } from './problem.js';
import type { Services } from './services.js';

const MASKED = 'is the mask of a secret that is not there: send the secret itself';

type WebhookHandler = Extract<Handler, { url: string }>;
const isWebhook = (handler: Handler | null): handler is WebhookHandler =>
  handler !== null && 'url' in handler;

/** Header values as they are stored; a mask keeps what stood under that name. */
function storedHeaders(
  given: Record<string, string>,
  before: Record<string, string>,
  seal: (text: string) => string,
) {
  const errors: FieldError[] = [];
  const headers = Object.entries(given).map(([name, value]): [string, string] => {
    if (value !== MASK) return [name, seal(value)];
    const stood = before[name];
    if (stood === undefined) errors.push({ path: `handler.headers.${name}`, message: MASKED });
    return [name, stood ?? ''];
  });
  if (errors.length > 0) throw invalid(errors);
  return Object.fromEntries(headers);
}

/** A handler as it is stored, its secrets sealed. Throws where no worker can have its code, or a mask keeps nothing. */
export function storedHandler(
  handler: Handler | null | undefined,
  before: Handler | null,
  { vault, catalogue }: Pick<Services, 'vault' | 'catalogue'>,
): Handler | null | undefined {
  if (!handler) return handler;
  if (!catalogue.handlers.has(handler.type))
    throw invalid([
      { path: 'handler', message: `must be one of ${[...catalogue.handlers.keys()].join(', ')}` },
    ]);
  if (!isWebhook(handler)) return handler;
  const { secret, url } = sealing(vault);
  const stood = isWebhook(before) ? before : undefined;
  const isKept = isMasked(handler.url);
  if (isKept && (!stood || maskUrl(vault.open(stood.url)) !== handler.url))
    throw invalid([{ path: 'handler.url', message: MASKED }]);
  const { headers } = handler;
  // What was given for one address is sent to no other.
  const isSame = stood !== undefined && (isKept || vault.open(stood.url) === handler.url);
  return {
    ...handler,
    url: isKept && stood ? stood.url : url(handler.url),
    ...(headers ? { headers: storedHeaders(headers, (isSame && stood.headers) || {}, secret) } : {}),
  };
}
