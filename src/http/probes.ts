import type { Client } from '@temporalio/client';
import { sql } from 'kysely';
import type { Database } from '../db/database.js';

/** What a process needs to do its work. */
export type Part = 'database' | 'engine';

/** Whether a part answers. Asking often costs nothing: an answer is kept for a moment, and asked for once. */
export interface Probes {
  isUp(part: Part): Promise<boolean>;
}

const LONGEST_ANSWER_MS = 400;
const KEPT_MS = 500;

function within(answer: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), LONGEST_ANSWER_MS);
    const settle = (isUp: boolean) => {
      clearTimeout(timer);
      resolve(isUp);
    };
    answer.then(
      () => settle(true),
      () => settle(false),
    );
  });
}

function kept(ask: () => Promise<unknown>, clock: () => number): () => Promise<boolean> {
  let last: Promise<boolean> = Promise.resolve(false);
  let keptUntilMs = 0;
  return () => {
    if (clock() < keptUntilMs) return last;
    keptUntilMs = clock() + KEPT_MS;
    last = within(ask());
    return last;
  };
}

export function createProbes(database: Database, client: Client, clock: () => number): Probes {
  const ask: Record<Part, () => Promise<boolean>> = {
    database: kept(() => sql`select 1`.execute(database.db), clock),
    engine: kept(
      () =>
        client.withDeadline(Date.now() + LONGEST_ANSWER_MS, () => client.workflowService.getSystemInfo({})),
      clock,
    ),
  };
  return { isUp: (part) => ask[part]() };
}

const NAMES: Record<Part, string> = { database: 'the database', engine: 'Temporal' };

/** What does not answer, by its name for people; empty when work can be taken in. */
export async function missingParts(probes: Probes): Promise<string[]> {
  const parts: Part[] = ['database', 'engine'];
  const areUp = await Promise.all(parts.map((part) => probes.isUp(part)));
  return parts.filter((_, index) => !areUp[index]).map((part) => NAMES[part]);
}
