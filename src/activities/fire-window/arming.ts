import type { DueTimer } from '../../db/claims.js';
import { readDue } from '../../db/claims.js';
import { windowOf } from '../../domain/owner.js';
import { nextOccurrence } from '../../domain/repeat.js';
import type { TimersNotice } from '../../domain/timers-notice.js';
import type { Log } from '../../log.js';
import type { Endpoint } from '../../messages/endpoint.js';
import type { Starter } from '../../engine/starter.js';
import { claim, type ClaimContext, type Firing } from './claim.js';
import { createDueList } from './due-list.js';

/** Rows are claimed this long before they are due, and longer by what recent claims took. */
const CLAIM_AHEAD_MS = 20;
const MOST_AHEAD_MS = 500;
const MOST_IN_A_CLAIM = 500;
/** The loop comes by at least this often: to heartbeat, and to see that it was asked to stop. */
const LONGEST_WAIT_MS = 1_000;

export interface ArmingOptions extends ClaimContext {
  starter: Pick<Starter, 'ensureOwners' | 'ensureEndpoint' | 'wakeEndpoint'>;
  log: Log;
  now: () => number;
}

/** The due list of one arming, and the claims made from it. */
export interface Arming {
  /** Reads the window when something about it is unknown, then claims what is (nearly) due. Empty: nothing is yet. */
  claimDue(): Promise<Firing[]>;
  /** Until something may be due, something changed, or the next look is due. */
  pause(untilMs: number): Promise<void>;
  /** True when a fresh look at the rows finds nothing scheduled. */
  isEmpty(): Promise<boolean>;
  close(): void;
}

export function openArming(options: ArmingOptions): Arming {
  const { database, window, starter, now } = options;
  const list = createDueList();
  let isStale = true;
  let recentClaimMs = 0;
  let wake: () => void = () => undefined;

  const unlisten = database.listen('timers', (payload) => {
    const notice: TimersNotice | null = payload === null ? null : JSON.parse(payload);
    if (notice && (notice.orgId !== window.orgId || notice.windowAt !== window.startsAt.getTime())) return;
    if (notice?.timers) for (const [id, fireAt] of notice.timers) list.add({ id, fireAt, series: null });
    else isStale = true;
    wake();
  });

  async function refresh(): Promise<void> {
    isStale = false;
    try {
      list.replace(await readDue(database.db, window));
    } catch (error) {
      isStale = true;
      throw error;
    }
  }

  const claimAheadMs = () => CLAIM_AHEAD_MS + Math.min(recentClaimMs, MOST_AHEAD_MS);

  /** The owners of what repeats are ensured before the claim that moves it there. */
  async function ensureNext(due: DueTimer[]): Promise<void> {
    const next = due.flatMap(({ series }) => (series ? [nextOccurrence(series, now())] : []));
    const moments = next.flatMap((occurrence) => (occurrence ? [windowOf(new Date(occurrence.fireAt)).getTime()] : []));
    await Promise.all([...new Set(moments)].map((at) => starter.ensureOwners(window.orgId, new Date(at))));
  }

  /** Their rows are pending already: should the engine be away, the sweep finds them. */
  async function handOver(endpoint: Endpoint): Promise<void> {
    await starter.ensureEndpoint(endpoint).catch((error: unknown) => {
      options.log.warn({ receiver: endpoint.receiver, error: String(error) }, 'An endpoint could not be started');
    });
    starter.wakeEndpoint(endpoint);
  }

  async function claimListed(due: DueTimer[]): Promise<Firing[]> {
    const startedAt = now();
    try {
      await ensureNext(due);
      const { firings, leftToEndpoints } = await claim(options, due, startedAt);
      for (const receiver of leftToEndpoints) await handOver({ orgId: window.orgId, receiver });
      return firings;
    } catch (error) {
      isStale = true;
      throw error;
    } finally {
      recentClaimMs = Math.max(now() - startedAt, recentClaimMs * 0.9);
    }
  }

  return {
    async claimDue() {
      if (isStale) await refresh();
      const due = list.take(now() + claimAheadMs(), MOST_IN_A_CLAIM);
      if (due.length === 0) return [];
      if (due.some(({ series }) => series)) isStale = true;
      return claimListed(due);
    },
    async pause(untilMs) {
      const soonest = Math.min(untilMs, (list.nextAt ?? Number.POSITIVE_INFINITY) - claimAheadMs(), now() + LONGEST_WAIT_MS);
      const delay = soonest - now();
      if (delay <= 0 || isStale) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, delay);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      wake = () => undefined;
    },
    async isEmpty() {
      await refresh();
      return list.size === 0;
    },
    close: unlisten,
  };
}
