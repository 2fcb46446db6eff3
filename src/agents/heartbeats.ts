import type { Database } from '../db/database.js';
import { pulse } from '../db/heartbeat-path.js';
import { type Beats, writeBeats } from '../db/heartbeats.js';
import { GAP_MS, PULSE_MS } from '../domain/silence.js';
import type { Log } from '../log.js';

/** Agents whose heartbeats are remembered while the database is away; of more than these only the engine hears. */
const MOST_AGENTS = 20_000;
const MOST_TOOLS = 500;
const LARGEST = 2 ** 31 - 1;
/** SQLSTATE of data exceptions: what fails so will always fail. */
const DATA_EXCEPTION = /^22/;

/** One heartbeat as it came. */
export type Beat = Omit<Beats, 'count'>;

/** What agents tell between two writes. */
export interface Heartbeats {
  note(beat: Beat): void;
  /** Adds what a heartbeat that was noted tells of the agent's work. */
  count(beat: Beat): void;
  /** Begins to write, and to say that heartbeats can come through. */
  begin(): void;
  /** Writes what is left. */
  close(): Promise<void>;
}

export interface HeartbeatsOptions {
  database: Pick<Database, 'db'>;
  /** Whether heartbeats reach the engine now. */
  isEngineUp: () => Promise<boolean>;
  log: Log;
  /** Milliseconds since 1970. */
  clock: () => number;
  intervalMs?: number;
}

const sum = (one: number, other: number) => Math.min(LARGEST, one + other);

function sumOfTools(one: Beats['toolUse'], other: Beats['toolUse']): Beats['toolUse'] {
  if (other.length === 0) return one;
  const tools = new Map(one.map((use) => [use.name, use]));
  for (const { name, succeeded, failed } of other) {
    const known = tools.get(name) ?? { succeeded: 0, failed: 0 };
    if (tools.size >= MOST_TOOLS && !tools.has(name)) continue;
    tools.set(name, {
      name,
      succeeded: sum(known.succeeded, succeeded),
      failed: sum(known.failed, failed),
    });
  }
  return [...tools.values()];
}

/** Two notes of one agent as one: how it is comes from the later. */
function joined(one: Beats, other: Beats): Beats {
  return {
    ...(one.at > other.at ? one : other),
    count: sum(one.count, other.count),
    succeeded: sum(one.succeeded, other.succeeded),
    failed: sum(one.failed, other.failed),
    toolUse: sumOfTools(one.toolUse, other.toolUse),
  };
}

const isOfData = (error: unknown) =>
  error instanceof Error && 'code' in error && DATA_EXCEPTION.test(String(error.code));

/**
 * Writes the heartbeats of a moment in one statement, and then says that those of before it are known. What could not be
 * written is kept and joined with what comes.
 */
export function createHeartbeats(options: HeartbeatsOptions): Heartbeats {
  const { database, isEngineUp, log, clock, intervalMs = PULSE_MS } = options;
  const { db } = database;
  let noted = new Map<string, Beats>();
  let running: Promise<void> | null = null;
  let isFailing = false;

  function keep(beats: Beats): void {
    const known = noted.get(beats.agentId);
    if (known) noted.set(beats.agentId, joined(known, beats));
    else if (noted.size < MOST_AGENTS) noted.set(beats.agentId, beats);
  }

  /** Whether all of them stand in their rows now. */
  async function write(): Promise<boolean> {
    if (noted.size === 0) return true;
    const taken = noted;
    noted = new Map();
    try {
      const skipped = await writeBeats(db, [...taken.values()]);
      for (const agentId of skipped) {
        const held = taken.get(agentId);
        if (held) keep(held);
      }
      return skipped.length === 0;
    } catch (error) {
      if (!isOfData(error)) for (const beats of taken.values()) keep(beats);
      throw error;
    }
  }

  async function work(): Promise<void> {
    // Before anything is taken: what comes while it is written is of the next pulse.
    const at = new Date(clock());
    try {
      if ((await write()) && (await isEngineUp())) await pulse(db, { at, gapMs: GAP_MS });
      isFailing = false;
    } catch (error) {
      if (!isFailing) log.warn({ error }, 'Heartbeats cannot be written for now');
      isFailing = true;
    }
  }

  const tick = () => {
    running ??= work().finally(() => {
      running = null;
    });
  };
  let timer: NodeJS.Timeout | undefined;
  return {
    note: (beat) => keep({ ...beat, count: 1 }),
    count: (beat) => keep({ ...beat, count: 0 }),
    begin() {
      timer ??= setInterval(tick, intervalMs).unref();
    },
    async close() {
      clearInterval(timer);
      await running;
      await write().catch((error: unknown) => log.warn({ error }, 'Last heartbeats were not written'));
    },
  };
}
