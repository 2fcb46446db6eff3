import type { IncomingMessage } from 'node:http';
import { checkJson, type GuardRules, JsonFault } from '../domain/json-guard.js';
import { ApiProblem, invalid } from './problem.js';

const JSON_TYPE = /^application\/(?:[a-z0-9!#$&^_.+-]+\+)?json\s*(?:;\s*charset="?utf-8"?\s*)?;?$/i;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** How large a body is, what it may contain, and whether it may be missing. */
export interface BodyRules {
  limitBytes: number;
  isOptional: boolean;
  /** Whether `null` takes a field away, as in a change; otherwise it is as if the field were left out. */
  nullRemoves: boolean;
}

const tooLarge = (limitBytes: number) =>
  new ApiProblem('too_large', `the body is larger than ${limitBytes / 1_048_576} MB`);

/** All bytes of a body. What comes after the limit is thrown away unread, so that the caller gets the answer. */
function readBytes(req: IncomingMessage, limitBytes: number): Promise<Buffer> {
  if (Number(req.headers['content-length'] ?? 0) > limitBytes) return Promise.reject(tooLarge(limitBytes));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const fail = (problem: ApiProblem) => {
      req.off('data', take).resume();
      reject(problem);
    };
    const take = (chunk: Buffer) => {
      size += chunk.length;
      if (size > limitBytes) fail(tooLarge(limitBytes));
      else chunks.push(chunk);
    };
    req.on('data', take);
    req.once('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    const gone = () => fail(new ApiProblem('malformed_request', 'the body ended too soon'));
    req.once('error', gone).once('aborted', gone);
  });
}

function checkMediaType({ headers }: IncomingMessage): void {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new ApiProblem(
      'unsupported_media_type',
      'a compressed body is not understood: send it without Content-Encoding',
    );
  }
  if (!JSON_TYPE.test(headers['content-type'] ?? '')) {
    throw new ApiProblem('unsupported_media_type', 'send JSON in UTF-8, with Content-Type: application/json');
  }
}

function parse(bytes: Buffer): { text: string; value: unknown } {
  try {
    const text = utf8.decode(bytes);
    return { text, value: JSON.parse(text) };
  } catch (error) {
    const reason =
      error instanceof SyntaxError ? `it is not valid JSON (${placeOf(error)})` : 'it is not valid UTF-8';
    throw new ApiProblem('malformed_json', `the body cannot be read: ${reason}`);
  }
}

/** The engine's message may quote the body, which can hold secrets: only the position is told. */
function placeOf({ message }: SyntaxError): string {
  const [, position] = /position (\d+)/.exec(message) ?? [];
  return position === undefined ? 'it ends too soon' : `at character ${position}`;
}

function checked(text: string, value: unknown, rules: GuardRules): unknown {
  try {
    return checkJson(text, value, rules);
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    const { kind, path, message } = error;
    throw kind === 'invalid' ? invalid([{ path, message }]) : new ApiProblem(kind, message);
  }
}

/**
 * The JSON of a request, checked against what no schema should have to expect. No body where it may be left out
 * is `{}`.
 */
export async function readBody(
  req: IncomingMessage,
  { limitBytes, isOptional, nullRemoves }: BodyRules,
): Promise<unknown> {
  const bytes = await readBytes(req, limitBytes);
  if (bytes.length === 0) {
    if (isOptional) return {};
    throw new ApiProblem('malformed_json', 'the body is empty: JSON is needed');
  }
  checkMediaType(req);
  const { text, value } = parse(bytes);
  return checked(text, value, { limitBytes, nullRemoves });
}
