import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

/** A way to a server that can be cut: `hang` lets nothing through any more, `break` ends all connections. */
export interface CutOff {
  address: string;
  hang(): void;
  break(): void;
  mend(): void;
  close(): Promise<void>;
}

export async function cutOff(target: string): Promise<CutOff> {
  const [host = '', port = ''] = target.split(':');
  const sockets = new Set<Socket>();
  let state: 'open' | 'hanging' | 'broken' = 'open';
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
  };
  const server = createServer((near) => {
    keep(near);
    if (state === 'broken') return void near.destroy();
    const far = connect(Number(port), host);
    keep(far);
    near.on('data', (chunk) => state === 'open' && far.write(chunk)).on('close', () => far.destroy());
    far.on('data', (chunk) => state === 'open' && near.write(chunk)).on('close', () => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const end = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    hang() {
      state = 'hanging';
    },
    break() {
      state = 'broken';
      end();
    },
    mend() {
      // What was swallowed is lost: only new connections can be trusted.
      end();
      state = 'open';
    },
    close() {
      end();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
