import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: unknown;
  at: number;
}
export type Answer = (response: ServerResponse, received: Received) => void;

export const json =
  (status: number, body?: unknown, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  };
export const problem = (status: number, code: string, headers: Record<string, string> = {}): Answer =>
  json(status, { title: code, status, detail: `because of ${code}`, instance: '/', code }, headers);
export const hangUp: Answer = (response) => {
  response.destroy();
};

/** A server at the wire: answers what the test says, route by route, and keeps what came. */
export interface FakeServer {
  url: string;
  received: Received[];
  /** The bodies of a route's requests, such as `POST /agents/a1/heartbeat`. */
  bodies(route: string): unknown[];
  /** Answers a route: each of these once, then the last one for ever. */
  on(route: string, ...answers: Answer[]): void;
  close(): Promise<void>;
}

export async function openFakeServer(port = 0): Promise<FakeServer> {
  const received: Received[] = [];
  const routes = new Map<string, Answer[]>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const { method = '', url = '', headers } = request;
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      const call = { method, url, headers, body, at: Date.now() };
      received.push(call);
      const answers = routes.get(`${method} ${url}`) ?? [];
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      (answer ?? problem(404, 'not_found'))(response, call);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    bodies: (route) =>
      received.filter(({ method, url }) => `${method} ${url}` === route).map(({ body }) => body),
    on: (route, ...answers) => void routes.set(route, answers),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
