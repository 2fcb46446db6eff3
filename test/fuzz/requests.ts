import type { Random } from '../chaos/random.js';
import type { Callers } from './callers.js';
import { CONVERSATIONS } from './conversations.js';
import type { ApiDocument, ApiOperation, Parameter } from './document.js';
import { TEXTS, TIMES } from './hostile.js';
import { CONTENT_TYPES, CURSORS, IDS, LIMITS, PATHS, WAITS } from './hostile-requests.js';
import { type IdPool, kindOf } from './id-pool.js';
import { mutated } from './mutate.js';
import type { createValues } from './values.js';

/** One request over HTTP. Texts are sent as Latin-1: a character is a byte. */
export interface HttpRequest {
  kind: 'http';
  method: string;
  target: string;
  headers: Record<string, string | string[]>;
  body: Buffer | null;
  /** Given up after this time: it asked to be held, or for a stream. */
  patienceMs: number | null;
  /** Whether it comes from an address of its own: wrong credentials are limited by address. */
  isGuess: boolean;
}

/** What is written to one connection as it stands. */
export interface Conversation {
  kind: 'conversation';
  text: string;
}
export type FuzzRequest = HttpRequest | Conversation;

export interface RequestsOptions {
  document: ApiDocument;
  values: ReturnType<typeof createValues>;
  pool: IdPool;
  callers: Callers;
}

const PATIENCE_MS = 250;
const KEPT_REPEATS = 50;
const OTHER_METHODS = ['PUT', 'PATCH', 'DELETE', 'POST', 'GET', 'HEAD', 'OPTIONS', 'TRACE', 'PURGE', 'QUERY'];
const IDEMPOTENCY_KEYS = [
  '',
  ' ',
  'a b',
  'a'.repeat(255),
  'a'.repeat(256),
  '\xff',
  '\t',
  '"',
  "';--",
  '__proto__',
];
const ODD_HEADERS: Record<string, string | string[]>[] = [
  { 'content-encoding': 'gzip' },
  { 'content-encoding': 'identity' },
  { accept: '*/*;q=x' },
  { accept: 'text/html' },
  { 'x-request-id': 'a'.repeat(200) },
  { 'x-request-id': '../<b>' },
  { 'x-http-method-override': 'DELETE' },
  { 'x-api-key': ['mnt_demo_key_pro', 'mnt_demo_key_pro'] },
  { 'last-event-id': '99999999999999999999-1' },
  { 'if-match': '*' },
  { range: 'bytes=0-0' },
  { te: 'trailers' },
  { traceparent: '00-zz-zz-zz' },
  { 'x-huge': 'a'.repeat(12_000) },
];

/** Requests of all kinds, each made of the random numbers that it is given and of what earlier ones made. */
export function createRequests({ document, values, pool, callers }: RequestsOptions) {
  // The lists, the probes and the like are quickly tried; what takes a body has more to get wrong.
  const weighted = document.operations.flatMap((operation) =>
    Array.from({ length: operation.body ? 4 : operation.caller === 'open' ? 1 : 2 }, () => operation),
  );
  const repeats: HttpRequest[] = [];

  const chance = (random: Random, share: number) => random.next() < share;

  /** What an agent asks for itself, or what only that of the run remembers. */
  const isOwn = ({ caller, path }: ApiOperation) =>
    caller === 'agent' || /\/(connect|inbox|memories.*|messages.*)$/.test(path);
  /** What is done with a message that the agent of the run holds. */
  const isOfLease = ({ path }: ApiOperation) => /^\/messages\/\{id\}\/./.test(path);

  function pathOf(operation: ApiOperation, random: Random, isBad: boolean): string {
    const { path, parameters } = operation;
    const made = path.includes('{callId}') ? pool.toolCall(random) : undefined;
    const ended = path.includes('{messageId}') ? pool.endedMail(random) : undefined;
    const leased = isOfLease(operation) ? pool.pick('leased messages', random) : undefined;
    return path.replace(/\{(\w+)\}/g, (_, name: string) => {
      const { schema = {} } = parameters.find((one) => one.in === 'path' && one.name === name) ?? {};
      if (isBad && chance(random, 0.3)) return random.pick(IDS);
      if (schema.enum) return String(random.pick(schema.enum));
      if (made) return encodeURIComponent(name === 'callId' ? made.callId : made.taskId);
      if (ended) return name === 'messageId' ? ended.messageId : ended.agentId;
      if (leased) return leased;
      if (name === 'key' || name === 'topic') return String(values(schema, name, random));
      if (isOwn(operation) && path.startsWith('/agents/') && !chance(random, 0.1)) return callers.agent.id;
      const paused = path === '/agents/{id}/resume' ? pool.pick('paused agents', random) : undefined;
      return paused ?? pool.pick(kindOf(path), random) ?? random.pick(IDS);
    });
  }

  function badParameter({ name, schema }: Parameter, random: Random): string {
    if (name === 'cursor') return random.pick(CURSORS);
    if (name === 'wait') return random.pick(WAITS);
    if (name === 'limit') return random.pick(LIMITS);
    return random.pick(schema.$ref?.endsWith('Instant') ? TIMES : TEXTS);
  }

  function goodParameter({ name, schema }: Parameter, path: string, random: Random): string | undefined {
    if (name === 'cursor') return pool.cursor(path, random);
    return String(values(schema, name, random));
  }

  /** Half of a surrogate pair has no UTF-8: it is sent as the bytes that it would be. */
  const escaped = (text: string) =>
    [...text].map((one) => (/^[\ud800-\udfff]$/.test(one) ? '%ED%A0%80' : encodeURIComponent(one))).join('');

  function queryOf({ path, parameters }: ApiOperation, random: Random, isBad: boolean): string {
    const pairs: string[] = [];
    for (const parameter of parameters) {
      if (parameter.in !== 'query' || !chance(random, 0.3)) continue;
      const isThisBad = isBad && chance(random, 0.6);
      const text = isThisBad ? badParameter(parameter, random) : goodParameter(parameter, path, random);
      if (text !== undefined) pairs.push(`${parameter.name}=${escaped(text)}`);
    }
    if (isBad && chance(random, 0.15))
      pairs.push(random.pick(['unknown=1', '__proto__=1', '%00=1', '=', '%zz=%zz']));
    if (isBad && chance(random, 0.1) && pairs[0]) pairs.push(pairs[0]);
    return pairs.length > 0 ? `?${pairs.join('&')}` : '';
  }

  function credentialOf(operation: ApiOperation, random: Random): [Record<string, string>, boolean] {
    const { caller } = operation;
    if (chance(random, 0.06)) return [callers.forged(random), true];
    if (chance(random, 0.05))
      return [random.pick([callers.key, callers.admin, callers.agent.headers, {}]), false];
    if (caller === 'admin') return [callers.admin, false];
    if (caller === 'open') return [{}, false];
    if (caller === 'agent' || (isOfLease(operation) && chance(random, 0.7)))
      return [callers.agent.headers, false];
    return [random.pick([callers.key, callers.key, callers.key, callers.limited, {}]), false];
  }

  function idempotencyOf({ parameters }: ApiOperation, random: Random): Record<string, string> {
    const isTaken = parameters.some(({ name }) => name === 'Idempotency-Key');
    if (!chance(random, isTaken ? 0.25 : 0.02)) return {};
    return {
      'idempotency-key': chance(random, 0.2) ? random.pick(IDEMPOTENCY_KEYS) : `key-${random.between(1, 40)}`,
    };
  }

  /** A valid body's hints know the items of a batch; its schema takes anything, to judge each by itself. */
  function bodyOf({ path, body }: ApiOperation, random: Random): unknown {
    if (!body) return undefined;
    const made = values(body, 'body', random);
    if (!path.endsWith('/batch')) return made;
    const length = random.pick([1, 2, 5, 20]);
    return {
      timers: Array.from({ length }, () =>
        values({ $ref: '#/components/schemas/TimerRequest' }, 'body', random),
      ),
    };
  }

  function bytesOf(operation: ApiOperation, random: Random, isBad: boolean): Buffer | null {
    const valid = bodyOf(operation, random);
    if (valid === undefined) return isBad && chance(random, 0.1) ? Buffer.from('{"a":1}') : null;
    return Buffer.from(isBad ? mutated(valid, random) : JSON.stringify(valid));
  }

  function patienceOf(target: string, headers: HttpRequest['headers']): number | null {
    const isStream = /event-stream/.test(String(headers.accept)) || target.endsWith('/stream');
    return isStream || /[?&]wait=/.test(target) ? PATIENCE_MS : null;
  }

  function toOperation(operation: ApiOperation, random: Random, isBad: boolean): HttpRequest {
    const [credential, isGuess] = credentialOf(operation, random);
    const target = pathOf(operation, random, isBad) + queryOf(operation, random, isBad);
    const body = bytesOf(operation, random, isBad);
    const type = isBad && chance(random, 0.08) ? random.pick(CONTENT_TYPES) : 'application/json';
    const headers: HttpRequest['headers'] = {
      ...(body && type !== '' ? { 'content-type': type } : {}),
      ...(operation.path === '/events' && chance(random, 0.1) ? { accept: 'text/event-stream' } : {}),
      ...(isBad && chance(random, 0.1) ? random.pick(ODD_HEADERS) : {}),
      ...credential,
      ...idempotencyOf(operation, random),
    };
    const method = isBad && chance(random, 0.06) ? random.pick(OTHER_METHODS) : operation.method;
    return { kind: 'http', method, target, headers, body, patienceMs: patienceOf(target, headers), isGuess };
  }

  /** The request before once more, or with another body under the same key. */
  function remember(request: HttpRequest, random: Random): HttpRequest {
    if (!('idempotency-key' in request.headers)) return request;
    const known = repeats[random.between(0, KEPT_REPEATS - 1)];
    if (known && chance(random, 0.4)) return known;
    repeats[random.between(0, KEPT_REPEATS - 1)] = request;
    return request;
  }

  return function next(random: Random): FuzzRequest {
    const choice = random.next();
    if (choice < 0.015) return { kind: 'conversation', text: random.pick(CONVERSATIONS) };
    const isBad = choice > 0.5;
    const request = toOperation(random.pick(weighted), random, isBad);
    if (isBad && chance(random, 0.04)) return { ...request, target: random.pick(PATHS) };
    return remember(request, random);
  };
}
