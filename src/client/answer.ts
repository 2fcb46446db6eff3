import type { Problem } from '../schemas/problem.js';
import { MainspringError } from './error.js';

/** Seconds or an HTTP date, as `Retry-After` comes; ms from `now` on. */
function readRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** Undefined where the text is not JSON. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isText = ({ headers }: Response) => headers.get('content-type')?.startsWith('text/plain') ?? false;

const isProblem = (value: unknown): value is Problem =>
  typeof value === 'object' && value !== null && 'code' in value && 'detail' in value && 'status' in value;

/** The body of a good answer; throws what a bad one says. A proxy's page in place of either is `unexpected`. */
export async function readAnswer(response: Response): Promise<unknown> {
  const text = await response.text();
  if (response.ok && isText(response)) return text;
  const body = readJson(text);
  // Where there is nothing to say, the status says so.
  const isEmpty = text === '' && response.status !== 200;
  if (response.ok && (body !== undefined || isEmpty)) return body;
  const about = {
    requestId: response.headers.get('x-request-id') ?? undefined,
    retryAfterMs: readRetryAfter(response.headers.get('retry-after'), Date.now()),
  };
  if (!response.ok && isProblem(body)) throw new MainspringError(body, about);
  const detail = `the server answered ${response.status}: ${text.slice(0, 200)}`;
  throw new MainspringError({ code: 'unexpected', status: response.status, detail }, about);
}
