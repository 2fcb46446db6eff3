import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below what systems hand out for outgoing connections: a port must stay free while its server is down. */
const LOWEST = 20_000;
const HIGHEST = 32_000;
const taken = new Set<number>();

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

/** A loopback port that nobody listens on, and that this run has not given out. */
export async function takePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (taken.has(port) || !(await isFree(port))) continue;
    taken.add(port);
    return port;
  }
}
