import type { Client } from '@temporalio/client';
import { sql } from 'kysely';
import type { Database } from '../db/database.js';

/** What a process needs to do its work. */
export type Part = 'database' | 'engine';

/** What an operator may have configured besides: without it the process does its work. */
export type Server = 'smtp' | 'redis' | 'nats';

/** Whether a part answers. Asking often costs nothing: an answer is kept for a moment, and asked for once. */
export interface Probes {
  isUp(part: Part): Promise<boolean>;
  /** Null where there is none. */
  isServerUp(server: Server): Promise<boolean> | null;
}

interface Patience {
  longestAnswerMs: number;
  keptMs: number;
}

const LONGEST_ANSWER_MS = 400;
const OF_PARTS: Patience = { longestAnswerMs: LONGEST_ANSWER_MS, keptMs: 500 };
/** They may be far away. */
const OF_REDIS: Patience = { longestAnswerMs: 3_000, keptMs: 500 };
/** Each question is a connection and a log-in: whoever asks us must not make us knock there all the time. */
const OF_SMTP: Patience = { longestAnswerMs: 3_000, keptMs: 10_000 };

function within(answer: Promise<unknown>, longestMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), longestMs);
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

function kept(
  ask: () => Promise<unknown>,
  clock: () => number,
  { longestAnswerMs, keptMs }: Patience,
): () => Promise<boolean> {
  let last: Promise<boolean> = Promise.resolve(false);
  let keptUntilMs = 0;
  return () => {
    if (clock() < keptUntilMs) return last;
    keptUntilMs = clock() + keptMs;
    last = within(ask(), longestAnswerMs);
    return last;
  };
}

/** `servers` are asked by these functions, which reject where one does not answer. */
export function createProbes(
  database: Database,
  client: Client,
  clock: () => number,
  servers: { [S in Server]?: (() => Promise<unknown>) | undefined } = {},
): Probes {
  const ask: Record<Part, () => Promise<boolean>> = {
    database: kept(() => sql`select 1`.execute(database.db), clock, OF_PARTS),
    engine: kept(
      () =>
        client.withDeadline(Date.now() + LONGEST_ANSWER_MS, () => client.workflowService.getSystemInfo({})),
      clock,
      OF_PARTS,
    ),
  };
  const askServer: Record<Server, (() => Promise<boolean>) | null> = {
    smtp: servers.smtp ? kept(servers.smtp, clock, OF_SMTP) : null,
    redis: servers.redis ? kept(servers.redis, clock, OF_REDIS) : null,
    nats: servers.nats ? kept(servers.nats, clock, OF_REDIS) : null,
  };
  return { isUp: (part) => ask[part](), isServerUp: (server) => askServer[server]?.() ?? null };
}

const NAMES: Record<Part, string> = { database: 'the database', engine: 'Temporal' };

/** What does not answer, by its name for people; empty when work can be taken in. */
export async function missingParts(probes: Probes): Promise<string[]> {
  const parts: Part[] = ['database', 'engine'];
  const areUp = await Promise.all(parts.map((part) => probes.isUp(part)));
  return parts.filter((_, index) => !areUp[index]).map((part) => NAMES[part]);
}
