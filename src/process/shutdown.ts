import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config.js';
import type { Log } from '../log.js';

/** One thing to close. */
export interface Step {
  name: string;
  run: () => Promise<void>;
}

/** A part of the process that takes work in: the API, the workers. */
export interface RunningPart {
  /** Takes nothing new: readiness off, intake of streams and brokers ends. */
  beginShutdown(): void;
  /** Ends what is under way, and what waits; answers when nothing runs any more. */
  close(): Promise<void>;
}

export interface NamedPart extends RunningPart {
  name: string;
}

/** What is left to close when the parts have ended, and within what time. */
export interface Remains {
  closing: readonly Step[];
  config: Pick<Config, 'SHUTDOWN_TIMEOUT_SECONDS'>;
  log: Log;
}

/**
 * Closes a process in the order that loses nothing: all parts stop taking in, then one after the other ends its work
 * (the API, whose requests need all the rest, before the workers), then senders and stores close, the Temporal server
 * last. A step that fails does not keep the next ones from running. Answers whether all went well within the limit;
 * what a worker had not finished by then, Temporal hands to another one.
 */
export async function shutDown(
  parts: readonly NamedPart[],
  { closing, config, log }: Remains,
): Promise<boolean> {
  const limitMs = config.SHUTDOWN_TIMEOUT_SECONDS * 1_000;
  for (const part of parts) part.beginShutdown();
  const steps = [...parts.map((part) => ({ name: part.name, run: () => part.close() })), ...closing];
  let isClean = true;
  let current = '';
  const inOrder = async () => {
    for (const { name, run } of steps) {
      current = name;
      await run().catch((error: unknown) => {
        isClean = false;
        log.error({ error, step: name }, 'A part did not close as it should');
      });
    }
    return true;
  };
  const timer = new AbortController();
  const isDone = await Promise.race([inOrder(), sleep(limitMs, false, { signal: timer.signal })]);
  timer.abort();
  if (!isDone)
    log.error({ step: current, limitMs }, 'The time to shut down is over; leaving what is not closed');
  return isDone && isClean;
}
