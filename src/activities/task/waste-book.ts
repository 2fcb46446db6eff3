import type { Db } from '../../db/database.js';
import type { CallUsage } from '../../db/model-calls.js';
import type { Log } from '../../log.js';
import { type AttemptPlace, type CallPlace, recordWaste } from './record-answer.js';
import { untilWritten } from './until-written.js';

/** What was used for answers that nobody has: written at once, or with the next attempt at the same call. */
export interface WasteBook {
  /** Never throws: what cannot be written is kept, and its reservation counts until it is. */
  write(call: AttemptPlace, usage: CallUsage, atMs: number): Promise<void>;
  /** Writes what is left of a call, so that its next attempt is counted together with it. */
  writeLeft(call: CallPlace): Promise<void>;
  /** Whether something is left of a call. */
  has(call: CallPlace): boolean;
}

/** The oldest is forgotten, then, rather than that a database that stays away fills the memory. */
const MOST_CALLS = 10_000;

export interface WasteBookOptions {
  db: Db;
  log: Log;
  /** Between tries to write. */
  pausesMs?: readonly number[] | undefined;
}

export function createWasteBook({ db, log, pausesMs }: WasteBookOptions): WasteBook {
  const left = new Map<string, (() => Promise<void>)[]>();
  // Organisations choose ids of tasks themselves.
  const keyOf = ({ task, id }: CallPlace) => JSON.stringify([task.org_id, id]);

  function keep(key: string, write: () => Promise<void>): void {
    const [oldest] = left.keys();
    if (left.size >= MOST_CALLS && oldest !== undefined) left.delete(oldest);
    left.set(key, [...(left.get(key) ?? []), write]);
  }

  return {
    async write(call, usage, atMs) {
      const write = () => recordWaste(db, call, usage, new Date(atMs));
      const about = { org: call.task.org_id, task: call.task.id };
      try {
        const told = (error: unknown) => log.warn({ ...about, error }, 'Usage could not be written yet');
        await untilWritten(write, told, pausesMs);
      } catch (error) {
        log.error({ ...about, error }, 'Usage is written with the next attempt');
        keep(keyOf(call), write);
      }
    },
    async writeLeft(call) {
      const writes = left.get(keyOf(call)) ?? [];
      for (let [write] = writes; write; [write] = writes) {
        await write();
        writes.shift();
      }
      left.delete(keyOf(call));
    },
    has: (call) => left.has(keyOf(call)),
  };
}
