import { once } from 'node:events';
import { createServer } from 'node:net';
import { EngineError } from './engine-error.js';

async function listenOnce(port: number): Promise<number> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : port;
}

/** A port of the loopback address that nobody listens on at this moment. */
export const freePort = () => listenOnce(0);

/** Throws an {@link EngineError} that names the variable when somebody listens on the port. */
export async function requireFreePort(port: number, variable: string): Promise<void> {
  await listenOnce(port).catch(() => {
    throw new EngineError(
      `port ${port} (${variable}) is taken by another program; set ${variable} to a free one, ` +
        'or TEMPORAL_ADDRESS to a Temporal server that runs already.',
    );
  });
}
