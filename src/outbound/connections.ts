import type { buildConnector } from 'undici';

const MOST_REMEMBERED = 10_000;

interface Connected {
  open: number;
  /** By the process's own clock, ms. */
  lastClosedAt: number;
}

/** To which origins there are connections. One that is still being made does not count. */
export class Connections {
  private readonly byOrigin = new Map<string, Connected>();

  /** Whether there was one at any time since (`performance.now`). */
  stoodSince(origin: string, since: number): boolean {
    const known = this.byOrigin.get(origin);
    return known !== undefined && (known.open > 0 || known.lastClosedAt >= since);
  }

  /** The same connector, counting what it makes. */
  counting(connect: buildConnector.connector): buildConnector.connector {
    return (options, callback) => {
      const origin = `${options.protocol}//${options.host ?? options.hostname}`;
      connect(options, (...result) => {
        const [, socket] = result;
        if (socket) {
          const connected = this.connectedTo(origin);
          connected.open++;
          socket.once('close', () => {
            connected.open--;
            connected.lastClosedAt = performance.now();
          });
        }
        callback(...result);
      });
    };
  }

  private connectedTo(origin: string): Connected {
    const connected = this.byOrigin.get(origin) ?? { open: 0, lastClosedAt: 0 };
    if (this.byOrigin.size >= MOST_REMEMBERED) this.forgetClosed();
    this.byOrigin.set(origin, connected);
    return connected;
  }

  private forgetClosed(): void {
    for (const [origin, { open }] of this.byOrigin) if (open === 0) this.byOrigin.delete(origin);
  }
}
