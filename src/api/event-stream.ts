import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createEventBuffer, createSession } from 'better-sse';
import { parseCursor } from '../db/events.js';
import type { Event } from '../schemas/event.js';
import { ApiProblem, invalid } from './problem.js';
import { Stream } from './route.js';
import type { Services } from './services.js';

export const KEEP_ALIVE_MS = 15_000;
const serializer = JSON.stringify;
/** So many events are read at once. */
export const STREAMED_AT_ONCE = 100;
/** Streams that one process keeps open for one organisation. */
const MOST_STREAMS = 500;
const openStreams = new Map<string, number>();

/** Throws `invalid` for a text that is no event's id. */
export function checkCursor(cursor: string | undefined, path: string): void {
  if (cursor !== undefined && !parseCursor(cursor)) {
    throw invalid([{ path, message: 'is not the id of an event' }]);
  }
}

/** The event that a reader saw last, as browsers send it when they come back. */
export function lastEventIdOf(header: (name: string) => string): string | undefined {
  const lastId = header('last-event-id') || undefined;
  checkCursor(lastId, 'Last-Event-ID');
  return lastId;
}

const openOf = (orgId: string) => openStreams.get(orgId) ?? 0;

function checkRoom(orgId: string): void {
  if (openOf(orgId) < MOST_STREAMS) return;
  throw new ApiProblem('rate_limited', `more than ${MOST_STREAMS} open event streams`, {
    retryAfterSeconds: 5,
  });
}

/** Where a stream is written to. */
export interface StreamWriter {
  /** An event of the ledger: a reader that comes back goes on after it. */
  event(event: Event): void;
  /** Something passing, which nobody can ask for again: left out for a reader that is slow. */
  passing(name: string, data: unknown): void;
  /** Resolves when the reader has taken what was written: the rest stays in the database, not in memory. */
  drained(): Promise<void>;
}

export interface StreamOptions {
  orgId: string;
  /** Aborted when the reader goes away or the process stops. */
  signal: AbortSignal;
  log: Services['log'];
}

/** An answer that goes on until `run` is over. Throws `rate_limited` when an organisation reads too many. */
export function longStream(
  { orgId, log }: Pick<StreamOptions, 'orgId' | 'log'>,
  run: (req: IncomingMessage, res: ServerResponse) => Promise<void>,
): Stream {
  checkRoom(orgId);
  return new Stream((req, res) => {
    openStreams.set(orgId, openOf(orgId) + 1);
    run(req, res)
      .catch((error: unknown) => log.warn({ error }, 'An event stream broke off'))
      .finally(() => {
        openStreams.set(orgId, openOf(orgId) - 1);
        res.end();
      });
  });
}

/** A {@link longStream} of events with names and ids. */
export const eventStream = (
  { orgId, signal, log }: StreamOptions,
  write: (to: StreamWriter) => Promise<void>,
): Stream =>
  longStream({ orgId, log }, async (req, res) => {
    const session = await createSession(req, res, { keepAlive: KEEP_ALIVE_MS, serializer });
    await write({
      event: (event) => void session.push(event, event.type, event.id),
      passing(name, data) {
        if (res.writableNeedDrain) return;
        // Without an id of its own readers keep that of the event before, after which they can go on.
        const buffer = createEventBuffer({ serializer });
        buffer.event(name).data(data).dispatch();
        void session.batch(buffer);
      },
      drained: () => drained(res, signal),
    });
  });

/** A slow reader is waited for. */
export async function drained(res: ServerResponse, signal: AbortSignal): Promise<void> {
  if (!res.writableNeedDrain || signal.aborted) return;
  // Rejects when the caller goes away, which the signal tells as well; leaves no listener behind either way.
  await once(res, 'drain', { signal }).catch(() => undefined);
}
