import type { DueTimer } from '../../db/claims.js';
import { windowOf } from '../../domain/owner.js';
import { nextOccurrence } from '../../domain/repeat.js';
import type { Starter } from '../../engine/starter.js';
import type { Log } from '../../log.js';
import type { Endpoint } from '../../messages/endpoint.js';
import { type ClaimContext, claim, type Firing } from './claim.js';
import { openDueList } from './due-list.js';

/**
 * Rows are claimed this long before they are due; longer by what the slowest claim of late took (a report may stand
 * before it at the database), and by what it takes to claim a crowd that is due together.
 */
const CLAIM_AHEAD_MS = 20;
const MOST_AHEAD_MS = 500;
const MS_FOR_EACH = 0.1;
/** In this time the memory of a slow claim fades to half. */
const FADING_MS = 5_000;
const MOST_IN_A_CLAIM = 500;
/** The loop comes by at least this often: to heartbeat, and to see that it was asked to stop. */
const LONGEST_WAIT_MS = 1_000;

export interface ArmingOptions extends ClaimContext {
  starter: Pick<Starter, 'ensureOwners' | 'ensureEndpoint' | 'wakeEndpoint'>;
  log: Log;
  now: () => number;
}

/** The claims that one arming of a window makes. */
export interface Arming {
  /** Claims what is (nearly) due. Empty: nothing is yet. */
  claimDue(): Promise<Firing[]>;
  /** Until something may be due, something changed, or the next look is due. */
  pause(untilMs: number): Promise<void>;
  /** True when a fresh look at the rows finds nothing scheduled. */
  isEmpty(): Promise<boolean>;
  /** Whether there is more to claim than fits into one claim. */
  isBehind(): boolean;
  close(): void;
}

export function openArming(options: ArmingOptions): Arming {
  const { database, window, now } = options;
  const list = openDueList(database, window);
  let slowest = { ms: 0, at: 0 };
  let isBehind = false;

  const slowestMs = () => slowest.ms * 0.5 ** ((now() - slowest.at) / FADING_MS);
  const claimAheadMs = () => {
    const crowd = list.countUntil(now() + MOST_AHEAD_MS) * MS_FOR_EACH;
    return Math.min(CLAIM_AHEAD_MS + slowestMs() + crowd, MOST_AHEAD_MS);
  };

  async function claimListed(due: DueTimer[]): Promise<Firing[]> {
    const startedAt = now();
    try {
      await ensureNext(options, due, startedAt);
      const { firings, leftToEndpoints } = await claim(options, due, startedAt);
      for (const receiver of leftToEndpoints) void handOver(options, { orgId: window.orgId, receiver });
      return firings;
    } catch (error) {
      list.doubt();
      throw error;
    } finally {
      const took = now() - startedAt;
      if (took >= slowestMs()) slowest = { ms: took, at: now() };
    }
  }

  return {
    async claimDue() {
      const due = await list.take(now() + claimAheadMs(), MOST_IN_A_CLAIM);
      isBehind = due.length === MOST_IN_A_CLAIM;
      if (due.length === 0) return [];
      // What repeats may come again within this window.
      if (due.some(({ series }) => series)) list.doubt();
      return claimListed(due);
    },
    pause(untilMs) {
      const nextAt = (list.nextAt ?? Number.POSITIVE_INFINITY) - claimAheadMs();
      return list.pause(Math.min(untilMs, nextAt, now() + LONGEST_WAIT_MS), now());
    },
    isEmpty: list.isEmpty,
    isBehind: () => isBehind,
    close: list.close,
  };
}

/** The owners of what repeats are ensured before the claim that moves it there. */
async function ensureNext({ starter, window }: ArmingOptions, due: DueTimer[], now: number): Promise<void> {
  const next = due.flatMap(({ series }) => (series ? [nextOccurrence(series, now)] : []));
  const windows = next.flatMap((occurrence) =>
    occurrence ? [windowOf(new Date(occurrence.fireAt)).getTime()] : [],
  );
  await Promise.all([...new Set(windows)].map((at) => starter.ensureOwners(window.orgId, new Date(at))));
}

/** For rows that are pending already: should the engine be away, the sweep finds them. */
async function handOver({ starter, log }: ArmingOptions, endpoint: Endpoint): Promise<void> {
  await starter.ensureEndpoint(endpoint).catch((error: unknown) => {
    log.warn({ receiver: endpoint.receiver, error }, 'An endpoint could not be started');
  });
  starter.wakeEndpoint(endpoint);
}
