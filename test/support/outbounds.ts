import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { createOutbound, type Outbound, type OutboundOptions } from '../../src/outbound/outbound.js';
import { openReceiver, type Receiver } from './receiver.js';

const opened: { close(): Promise<void> }[] = [];

/** Closes what the functions below opened, the last one first. */
export async function closeOpened(): Promise<void> {
  for (const one of opened.splice(0).reverse()) await one.close();
}

export function outboundOf(given: Partial<OutboundOptions> = {}): Outbound {
  const outbound = createOutbound({
    allow: [],
    allowLoopback: true,
    timeoutMs: 2_000,
    connectionsPerHost: 8,
    ...given,
  });
  opened.push(outbound);
  return outbound;
}

export async function receiverOf(...given: Parameters<typeof openReceiver>): Promise<Receiver> {
  const receiver = await openReceiver(...given);
  opened.push(receiver);
  return receiver;
}

/** A server that speaks no HTTP of its own: `speak` writes what it likes. */
export async function rawServer(speak: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    speak(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.push({
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

export const post = (outbound: Outbound, url: string, given: { body?: string; timeoutMs?: number } = {}) =>
  outbound.request({ url, method: 'POST', headers: {}, body: '{}', ...given });

/** Answers each name with the next of its answers, the last one for ever. */
export function resolverOf(answers: Record<string, string[][]>) {
  return async (host: string) => {
    const left = answers[host] ?? [];
    const addresses = (left.length > 1 ? left.shift() : left[0]) ?? [];
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
}
