import { setTimeout as sleep } from 'node:timers/promises';
import { type Caller, createCaller } from './caller.js';
import { createLedger, type Ledger, type LedgerOptions } from './ledger.js';
import type { Random } from './random.js';
import { openReceiver, type Receiver } from './receiver.js';
import type { Verdict } from './verdict.js';

/** `short` runs with every change, `full` is what the bars of the timers are about. */
export type Form = 'short' | 'full';

/** What a scenario is given. */
export interface Stage {
  form: Form;
  random: Random;
  verdict: Verdict;
  /** A line for whoever watches. */
  tell(line: string): void;
}

export interface Surface {
  urls: readonly string[];
  key: string;
}

/** What every scenario works with: a client, a receiver, and the ledger between them. */
export interface Bench {
  /** Tells this run's timers from others. */
  run: string;
  caller: Caller;
  ledger: Ledger;
  receiver: Receiver;
  close(): Promise<void>;
}

let runs = 0;

export async function openBench(
  scenario: string,
  { urls, key }: Surface,
  { thinksMs = 0, ...options }: LedgerOptions & { thinksMs?: number } = {},
): Promise<Bench> {
  const caller = createCaller({ urls, key });
  const { body } = await caller.call('/webhook-secret');
  const ledger = createLedger(options);
  const receiver = await openReceiver({ ledger, secret: body.secret, thinksMs });
  return {
    run: `${scenario}-${++runs}`,
    ...{ caller, ledger, receiver },
    async close() {
      await caller.close();
      await receiver.close();
    },
  };
}

/** Waits until it is so; answers how many ms that took, or null when it is not so within the limit. */
export async function until(isSo: () => boolean | Promise<boolean>, limitMs: number): Promise<number | null> {
  const startedAt = Date.now();
  while (!(await isSo())) {
    if (Date.now() - startedAt > limitMs) return null;
    await sleep(20);
  }
  return Date.now() - startedAt;
}

export const untilMs = (atMs: number) => sleep(Math.max(0, atMs - Date.now()));

export const seconds = (ms: number | null) => (ms === null ? 'never' : `${(ms / 1_000).toFixed(1)} s`);
