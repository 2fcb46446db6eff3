import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How often connections are closed, while stopping, whose last request has been answered. */
const SWEEP_MS = 50;

export interface Address {
  host: string;
  port: number;
  /** The setting that names the port: whoever reads of a failure can change it. */
  setting: 'PORT' | 'WORKER_PORT';
}

/**
 * Listens; answers the port, which for port 0 is one that was free. Rejects with the system's error, which then has
 * the setting.
 */
export function listen(server: Server, { host, port, setting }: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(Object.assign(error, { setting }));
    server.once('error', fail);
    server.listen({ host, port, backlog: 1_024 }, () => {
      server.off('error', fail);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Takes no new connections; resolves when the open ones have ended, at the latest when they are cut off. */
export function closeServer(server: Server, patienceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cutOff = setTimeout(() => server.closeAllConnections(), patienceMs);
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
    server.close(() => {
      clearTimeout(cutOff);
      clearInterval(sweep);
      resolve();
    });
    server.closeIdleConnections();
  });
}

const HERE = new Set(['0.0.0.0', '::', '127.0.0.1', '::1']);

/** Where a server listens, as this machine reaches it. */
export const urlOf = (host: string, port: number) => `http://${HERE.has(host) ? 'localhost' : host}:${port}`;
