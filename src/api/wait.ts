import { z } from 'zod';
import type { Channel, Database } from '../db/database.js';
import { Duration } from '../schemas/duration.js';

const LONGEST_WAIT_MS = 60_000;

const Wait = z
  .string()
  .max(64)
  .transform((text) => (/^\d+$/.test(text) ? Number(text) : text))
  .pipe(Duration)
  .refine((millis) => millis <= LONGEST_WAIT_MS, 'must not be longer than 60s')
  .meta({
    description: 'Holds the answer until it has ended, or this duration is over; at most `60s`',
    example: '30s',
  });

/** The query of a resource that may be waited for; `wait` is parsed to ms. */
export const waitQuery = { wait: Wait.optional() };

export interface Waiting<T> {
  database: Database;
  channel: Channel;
  /** Whether a notice may concern what is waited for. */
  isOurs(payload: string): boolean;
  read(): Promise<T>;
  hasEnded(value: T): boolean;
  /** When what was read may change though nobody gives notice. */
  changesAt?(value: T): Date | null;
  millis: number;
  /** Ends the wait early: the caller went away, or the process stops. */
  signal: AbortSignal;
}

/**
 * Reads until what is read has ended, on each notice that may concern it, and once more when the time is over.
 * It listens before it reads, so nothing falls between; after a reconnect it reads again.
 */
export async function waitUntil<T>({
  database,
  channel,
  isOurs,
  read,
  hasEnded,
  changesAt,
  millis,
  signal,
}: Waiting<T>): Promise<T> {
  let isOver = signal.aborted;
  const bell = createBell();
  const stopListening = database.listen(channel, (payload) => {
    if (payload === null || isOurs(payload)) bell.ring();
  });
  const end = () => {
    isOver = true;
    bell.ring();
  };
  const timer = setTimeout(end, millis);
  let alarm: NodeJS.Timeout | undefined;
  signal.addEventListener('abort', end);
  try {
    for (;;) {
      bell.silence();
      const isLast = isOver;
      const value = await read();
      if (isLast || hasEnded(value)) return value;
      const next = changesAt?.(value) ?? null;
      clearTimeout(alarm);
      if (next) alarm = setTimeout(bell.ring, Math.min(millis, Math.max(1, next.getTime() - Date.now())));
      await bell.rung();
    }
  } finally {
    clearTimeout(timer);
    clearTimeout(alarm);
    signal.removeEventListener('abort', end);
    stopListening();
  }
}

/** Remembers that it rang until it is silenced, so that a notice during a read is not missed. */
function createBell() {
  let hasRung = false;
  let wake: (() => void) | null = null;
  return {
    ring() {
      hasRung = true;
      wake?.();
    },
    silence() {
      hasRung = false;
    },
    rung: () =>
      new Promise<void>((resolve) => {
        wake = resolve;
        if (hasRung) resolve();
      }),
  };
}
