import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import type { Ledger } from './ledger.js';

/** Somebody outside who is called: writes every request into the ledger. */
export interface Receiver {
  /** Where the timer of this order calls. */
  hookOf(order: number): string;
  close(): Promise<void>;
}

export interface ReceiverOptions {
  ledger: Ledger;
  /** With which the organisation's webhooks are signed. */
  secret: string;
  /** How long it thinks before it answers. */
  thinksMs?: number;
}

export async function openReceiver({ ledger, secret, thinksMs = 0 }: ReceiverOptions): Promise<Receiver> {
  const webhook = new Webhook(secret);
  const isSigned = (body: Buffer, headers: Record<string, string>) => {
    try {
      webhook.verify(body.toString(), headers);
      return true;
    } catch {
      return false;
    }
  };
  const server = createServer((request, response) => {
    const atMs = Date.now();
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, `${value}`]),
      );
      const status = ledger.arrive({
        order: Number(request.url?.split('/')[2]),
        webhookId: headers['webhook-id'] ?? '',
        hash: createHash('sha256').update(body).digest('hex'),
        atMs,
        isSigned: isSigned(body, headers),
      });
      setTimeout(() => response.writeHead(status).end(), thinksMs);
    });
  });
  server.keepAliveTimeout = 120_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    hookOf: (order) => `http://127.0.0.1:${port}/hook/${order}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
