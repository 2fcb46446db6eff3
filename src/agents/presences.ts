import type { Db } from '../db/database.js';
import { createGroupCommit } from '../db/group-commit.js';
import { type Presence, readPresences } from '../db/heartbeats.js';

const MOST_AT_ONCE = 500;

/** How an agent is at this moment; null where there is none. */
export type Presences = (agentId: string) => Promise<Presence | null>;

/** Requests that ask while a read is under way share the next one: hundreds a second cost a few statements. */
export const createPresences = (db: Db): Presences =>
  createGroupCommit((ids: string[]) => readPresences(db, ids), {
    most: MOST_AT_ONCE,
    isDataError: () => false,
  });
