import { KEPT_BYTES } from '../outbound/kept-text.js';
import type { HttpToolConfig } from '../schemas/tool.js';
import { failureOf, type RemoteCall, RemoteToolError } from './remote-tool.js';

const IN_QUERY = new Set<HttpToolConfig['method']>(['GET', 'DELETE']);
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\b/i;

/** Calls a tool over HTTP. Answers its JSON, or its text; throws a {@link RemoteToolError} where that is not a 2xx. */
export async function callHttpTool(
  config: HttpToolConfig,
  args: Record<string, unknown>,
  { fetch, callId, signal }: RemoteCall,
): Promise<unknown> {
  const { method, headers } = config;
  const isInQuery = IN_QUERY.has(method);
  try {
    const response = await fetch(isInQuery ? withQuery(config.url, args) : config.url, {
      method,
      headers: {
        accept: 'application/json, text/*;q=0.9',
        ...(isInQuery ? {} : { 'content-type': 'application/json' }),
        ...lowerCased(headers),
        'idempotency-key': callId,
      },
      ...(isInQuery ? {} : { body: JSON.stringify(args) }),
      signal,
    });
    const text = await response.text();
    if (!response.ok) throw new RemoteToolError(`answered ${response.status}: ${text.slice(0, KEPT_BYTES)}`);
    if (text === '') return null;
    return JSON_TYPE.test(response.headers.get('content-type') ?? '') ? parsed(text) : text;
  } catch (error) {
    throw failureOf(error);
  }
}

const lowerCased = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RemoteToolError('answered what it calls JSON and is not');
  }
}

const asText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

/** A list becomes several parameters of one name; what is null or missing none. */
function withQuery(url: string, args: Record<string, unknown>): URL {
  const target = new URL(url);
  for (const [name, value] of Object.entries(args))
    for (const one of [value].flat())
      if (one !== null && one !== undefined) target.searchParams.append(name, asText(one));
  return target;
}
