import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../log.js';
import type { DevServer } from './dev-server.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
/** A server that ran for so long was well: the next pause is a short one again. */
const STEADY_MS = 60_000;

/** A dev server, whichever process it is at the moment. */
export interface KeptServer {
  /** Ends it for good, also while it is being started again. */
  stop(): Promise<void>;
}

/** Starts a server again whenever it ends without having been stopped, with growing pauses where that does not help. */
export function keepRunning(first: DevServer, startAgain: () => Promise<DevServer>, log: Log): KeptServer {
  const stopping = new AbortController();
  const { signal } = stopping;
  const stopped = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  let server = first;
  let pauseMs = FIRST_PAUSE_MS;

  async function replace(): Promise<void> {
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    if (signal.aborted) return;
    try {
      server = await startAgain();
      log.info('The Temporal server runs again');
    } catch (error) {
      log.error({ error, pauseMs }, 'The Temporal server could not be started; tried again');
      await replace();
    }
  }

  async function watch(): Promise<void> {
    while (!signal.aborted) {
      const since = Date.now();
      await Promise.race([server.ended, stopped]);
      if (signal.aborted) return;
      if (Date.now() - since > STEADY_MS) pauseMs = FIRST_PAUSE_MS;
      log.error({ pauseMs }, 'The Temporal server ended without being told to; it is started again');
      await replace();
    }
  }

  const watching = watch();
  return {
    async stop() {
      stopping.abort();
      await watching;
      await server.stop();
    },
  };
}
