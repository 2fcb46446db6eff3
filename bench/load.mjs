/**
 * A load client that takes little of the machine it shares with what it measures: one plain socket a connection, one
 * request in flight on each, and no more of HTTP/1.1 than it needs (Content-Length or chunked answers, keep-alive).
 */
import { connect } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');
const CHUNKS_END = Buffer.from('\r\n0\r\n\r\n');

/** Where the answer that begins a buffer ends; -1 while it is incomplete. */
function endOfAnswer(buffer) {
  const headEnd = buffer.indexOf(HEAD_END);
  if (headEnd < 0) return -1;
  const head = buffer.toString('latin1', 0, headEnd).toLowerCase();
  const length = /\r\ncontent-length: *(\d+)/.exec(head);
  if (length) {
    const end = headEnd + 4 + Number(length[1]);
    return buffer.length >= end ? end : -1;
  }
  if (!head.includes('transfer-encoding: chunked')) return headEnd + 4;
  const end = buffer.indexOf(CHUNKS_END, headEnd + 2);
  return end < 0 ? -1 : end + CHUNKS_END.length;
}

/** One connection: `send(bytes)` answers `{status, body}`, one request at a time. */
export class Connection {
  #socket;
  #buffer = Buffer.alloc(0);
  #waiting = null;

  constructor(base) {
    this.#socket = connect({ host: base.hostname, port: Number(base.port || 80), noDelay: true });
    this.#socket.on('data', (data) => this.#read(data));
    this.#socket.on('error', (error) => this.#end(error));
    this.#socket.on('close', () => this.#end(new Error('the server closed the connection')));
  }

  get isOpen() {
    return !this.#socket.destroyed;
  }

  send(bytes) {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(bytes);
    });
  }

  close() {
    this.#socket.destroy();
  }

  #read(data) {
    this.#buffer = this.#buffer.length === 0 ? data : Buffer.concat([this.#buffer, data]);
    const end = endOfAnswer(this.#buffer);
    if (end < 0) return;
    const answer = this.#buffer.subarray(0, end);
    this.#buffer = this.#buffer.subarray(end);
    const waiting = this.#waiting;
    this.#waiting = null;
    const status = Number(answer.toString('latin1', 9, 12));
    waiting?.resolve({ status, body: () => answer.toString('utf8', answer.indexOf(HEAD_END) + 4) });
  }

  #end(error) {
    this.#socket.destroy();
    this.#waiting?.reject(error);
    this.#waiting = null;
  }
}

/** The bytes of a POST of a JSON text. `credential` is an API key, or a token. */
export function post(base, path, credential, json) {
  const shown = credential.startsWith('mnt_')
    ? `x-api-key: ${credential}`
    : `authorization: Bearer ${credential}`;
  const head = `POST ${path} HTTP/1.1\r\nhost: ${base.host}\r\n${shown}\r\ncontent-type: application/json\r\n`;
  return `${head}content-length: ${Buffer.byteLength(json)}\r\n\r\n${json}`;
}

const quantile = (sorted, share) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
const round = (value) => Math.round(value * 100) / 100;

/**
 * A closed loop: each connection sends the next request when its answer came, until `count` were sent or `ms` are
 * over. With `perSecond` each is due at its own moment, and the time it took counts from then on. `make(k)` gives the
 * bytes of the k-th. Answers how many were created a second and how long each took (ms).
 */
export async function drive({
  base,
  connections,
  count = Infinity,
  ms = Infinity,
  perSecond,
  make,
  onStatus,
}) {
  const took = [];
  const failures = new Map();
  let next = 0;
  const startedAt = performance.now();
  async function one() {
    let connection = new Connection(base);
    while (next < count && performance.now() - startedAt < ms) {
      const k = next++;
      const sentAt = perSecond ? startedAt + (k * 1_000) / perSecond : performance.now();
      const waitMs = sentAt - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      try {
        if (!connection.isOpen) connection = new Connection(base);
        const { status, body } = await connection.send(make(k));
        onStatus?.(k, status, body);
        if (status < 300) took.push(performance.now() - sentAt);
        else failures.set(`${status} ${body().slice(0, 300)}`, k);
      } catch (error) {
        onStatus?.(k, 0);
        failures.set(error.message, k);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    connection.close();
  }
  await Promise.all(Array.from({ length: connections }, one));
  const elapsedMs = performance.now() - startedAt;
  took.sort((a, b) => a - b);
  if (failures.size > 0)
    console.error(`${next - took.length} requests failed, such as:`, [...failures.keys()][0]);
  return {
    created: took.length,
    failed: next - took.length,
    perSecond: Math.round((took.length / elapsedMs) * 1_000),
    p50: round(quantile(took, 0.5)),
    p99: round(quantile(took, 0.99)),
    elapsedMs: Math.round(elapsedMs),
  };
}
