import { Agent, request as begin, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import type { FuzzRequest, HttpRequest } from './requests.js';

/** What came back. */
export type Outcome =
  | { kind: 'answer'; status: number; headers: IncomingHttpHeaders; body: string; millis: number }
  /** We gave up, as it was meant. */
  | { kind: 'left' }
  | { kind: 'failed'; reason: string };

const LONGEST_ANSWER_MS = 20_000;
const LONGEST_CONVERSATION_MS = 1_500;
/** The product limits guesses by address; on Linux all of 127.0.0.0/8 is this machine. */
const GUESSERS =
  process.platform === 'linux' ? Array.from({ length: 40 }, (_, at) => `127.0.1.${at + 1}`) : [];

export interface Sender {
  send(request: HttpRequest): Promise<Outcome>;
  /** Everything that was answered on one connection; nothing is an answer as well. */
  converse(text: string): Promise<Outcome[]>;
  close(): void;
}

/** Sends to a port of this machine over connections that are kept. */
export function createSender(port: number): Sender {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  let guesses = 0;

  function send({ method, target, headers, body, patienceMs, isGuess }: HttpRequest): Promise<Outcome> {
    const startedAt = performance.now();
    const from = isGuess ? GUESSERS[guesses++ % GUESSERS.length] : undefined;
    return new Promise((resolve) => {
      const req = begin({
        ...{ host: '127.0.0.1', port, method, path: target, headers },
        ...(from === undefined ? { agent } : { localAddress: from, agent: false }),
      });
      const limit = setTimeout(() => {
        const outcome =
          patienceMs === null ? { kind: 'failed' as const, reason: 'no answer' } : { kind: 'left' as const };
        resolve(outcome);
        req.destroy();
      }, patienceMs ?? LONGEST_ANSWER_MS);
      const end = (outcome: Outcome) => {
        clearTimeout(limit);
        resolve(outcome);
      };
      req.on('error', (error) => end({ kind: 'failed', reason: String(error) }));
      req.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', (error) => end({ kind: 'failed', reason: `half an answer: ${error}` }));
        response.on('end', () =>
          end({
            kind: 'answer',
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
            millis: performance.now() - startedAt,
          }),
        );
      });
      if (body && body.length > 0) req.setHeader('content-length', body.length);
      req.end(body ?? undefined);
    });
  }

  function converse(text: string): Promise<Outcome[]> {
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      const socket = connect(port, '127.0.0.1');
      const end = () => {
        clearTimeout(limit);
        socket.destroy();
        resolve(answersIn(Buffer.concat(chunks).toString('latin1')));
      };
      const limit = setTimeout(end, LONGEST_CONVERSATION_MS);
      socket.on('data', (chunk) => chunks.push(chunk));
      socket.on('error', end).on('end', end).on('close', end);
      socket.write(Buffer.from(text.replaceAll('{host}', `127.0.0.1:${port}`), 'latin1'));
    });
  }

  return { send, converse, close: () => agent.destroy() };
}

/** Of several answers behind one another, each. */
function answersIn(text: string): Outcome[] {
  const answers: Outcome[] = [];
  for (let rest = text; rest !== ''; ) {
    const [head = '', ...others] = rest.split('\r\n\r\n');
    const [statusLine = '', ...lines] = head.split('\r\n');
    const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(statusLine) ?? [];
    if (status === undefined)
      return [...answers, { kind: 'failed', reason: `not HTTP: ${rest.slice(0, 100)}` }];
    const headers = Object.fromEntries(
      lines.map((line) => [
        line.slice(0, line.indexOf(':')).toLowerCase(),
        line.slice(line.indexOf(':') + 1).trim(),
      ]),
    );
    const body = others.join('\r\n\r\n');
    const length = Number(headers['content-length'] ?? 0);
    rest = body.slice(length);
    if (Number(status) >= 200)
      answers.push({
        kind: 'answer',
        status: Number(status),
        headers,
        body: body.slice(0, length),
        millis: 0,
      });
  }
  return answers;
}

/** For a person to try again. */
export function describeRequest(request: FuzzRequest): string {
  if (request.kind === 'conversation') return JSON.stringify(request.text.slice(0, 400));
  const { method, target, headers, body } = request;
  const shown = body ? `\n    ${JSON.stringify(body.toString().slice(0, 600))} (${body.length} bytes)` : '';
  return `${method} ${JSON.stringify(target.slice(0, 300))} ${JSON.stringify(headers).slice(0, 500)}${shown}`;
}
