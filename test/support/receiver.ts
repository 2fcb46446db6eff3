import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as a receiver got it. */
export interface Received {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Somebody outside who is called: keeps every request and answers as the test says. */
export interface Receiver {
  url: string;
  port: number;
  received: Received[];
  connections(): number;
  close(): Promise<void>;
}

const ok: RequestListener = (_, response) => response.end('ok');

/** Listens on a free port of `host`. `answer` is called when the body is there. */
export async function openReceiver(answer: RequestListener = ok, host = '127.0.0.1'): Promise<Receiver> {
  const received: Received[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      received.push({ method, path, headers, body: Buffer.concat(chunks).toString() });
      answer(request, response);
    });
  });
  server.on('connection', () => connections++);
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    received,
    connections: () => connections,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A port on which nobody listens. */
export async function closedPort(): Promise<number> {
  const receiver = await openReceiver();
  await receiver.close();
  return receiver.port;
}
