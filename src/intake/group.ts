import { ErrorReply } from '@redis/client';
import type { Config } from '../config.js';
import { inTime, type Redis, TRIM_RESULTS } from '../redis.js';
import type { Entry, Refusal } from './entry.js';
import { REMOVE, TRIM } from './scripts.js';

/** How many entries are taken at once: what a process that dies leaves to others is not more. */
const BATCH = 10;
/** A read waits this long for entries; a process that stops waits for it. */
const WAIT_MS = 1_000;
const FIRST_ID = '0-0';
const READ_LIMIT_MS = WAIT_MS + 5_000;

export interface GroupOptions {
  redis: Redis;
  config: Pick<Config, 'TASK_STREAM' | 'RESULT_STREAM' | 'CONSUMER_GROUP'>;
  /** Of this process in the group. */
  consumer: string;
}

/** The task stream as one consumer of its group sees it. What it reads stays pending until it is acknowledged. */
export interface Group {
  /** Makes stream and group where they are not there; the group begins with the first entry. */
  ensure(): Promise<void>;
  /** The oldest entries that this consumer was given and has not acknowledged. */
  pending(): Promise<Entry[]>;
  /** New entries, for which it waits up to a second. */
  next(): Promise<Entry[]>;
  /** Takes over what other consumers have not acknowledged for so long; answers how many are pending here then. */
  claim(idleMs: number): Promise<number>;
  acknowledge(entry: Entry): Promise<void>;
  /** Adds a result to the result stream, and acknowledges, as one step. */
  answer(entry: Entry, result: { taskId: string; payload: string }): Promise<void>;
  /** Removes other consumers that are gone. */
  removeGone(idleMs: number): Promise<void>;
  /** Takes away what was added so long ago and is done with. */
  trim(olderThanMs: number): Promise<void>;
  /** Removes this consumer, unless something is pending for it: then it is left to be claimed. */
  leave(): Promise<void>;
  close(): void;
}

/** What a read of streams answers. */
type ReadStreams = { messages: { id: string; message: Record<string, string> }[] }[] | null;

/** Why there is no task, as a result. */
export const payloadOf = ({ taskId, agentName, metadata, error }: Refusal): string =>
  JSON.stringify({
    ...{ task_id: taskId, agent_name: agentName, success: false, output: null, error },
    ...{ execution_time_ms: 0, metadata },
  });

/** Whether a command failed because the group is not there (any more). */
export const isWithoutGroup = (error: unknown): boolean =>
  error instanceof ErrorReply && error.message.startsWith('NOGROUP');

export function createGroup({ redis, config, consumer }: GroupOptions): Group {
  const { TASK_STREAM: stream, RESULT_STREAM: results, CONSUMER_GROUP: group } = config;
  const { commands } = redis;
  const reader = redis.connect();
  const remove = (idleMs: number, name: string) =>
    inTime(commands.eval(REMOVE, { keys: [stream], arguments: [group, String(idleMs), name] }));

  return {
    async ensure() {
      await inTime(commands.xGroupCreate(stream, group, '0', { MKSTREAM: true })).catch((error: unknown) => {
        if (!(error instanceof ErrorReply && error.message.startsWith('BUSYGROUP'))) throw error;
      });
    },

    async pending() {
      const listed = await inTime(commands.xPendingRange(stream, group, '-', '+', BATCH, { consumer }));
      const ids = listed.map(({ id }) => id);
      if (ids.length === 0) return [];
      const claimed = await inTime(commands.xClaim(stream, group, consumer, 0, ids));
      const entries = claimed.flatMap((found) => (found ? [{ id: found.id, fields: found.message }] : []));
      // The rest was deleted from the stream.
      const there = new Set(entries.map(({ id }) => id));
      const gone = ids.filter((id) => !there.has(id));
      if (gone.length > 0) await inTime(commands.xAck(stream, group, gone));
      return entries;
    },

    async next() {
      const read = reader.xReadGroup(
        group,
        consumer,
        { key: stream, id: '>' },
        { COUNT: BATCH, BLOCK: WAIT_MS },
      );
      const streams: ReadStreams = await inTime(read, READ_LIMIT_MS);
      return (streams ?? []).flatMap(({ messages }) =>
        messages.map(({ id, message }) => ({ id, fields: message })),
      );
    },

    async claim(idleMs) {
      // One call looks at a part of what is pending; the last one answers the first id again.
      let from = FIRST_ID;
      do {
        const { nextId, messages } = await inTime(
          commands.xAutoClaimJustId(stream, group, consumer, idleMs, from, { COUNT: BATCH }),
        );
        if (messages.length > 0) return messages.length;
        from = nextId;
      } while (from !== FIRST_ID);
      return 0;
    },

    async acknowledge({ id }) {
      await inTime(commands.xAck(stream, group, id));
    },

    async answer({ id }, { taskId, payload }) {
      const result = { task_id: taskId, payload };
      await inTime(commands.multi().xAdd(results, '*', result, TRIM_RESULTS).xAck(stream, group, id).exec());
    },

    async removeGone(idleMs) {
      await remove(idleMs, '');
    },

    async trim(olderThanMs) {
      const from = String(Date.now() - olderThanMs);
      await inTime(commands.eval(TRIM, { keys: [stream], arguments: [from] }));
    },

    async leave() {
      await remove(0, consumer);
    },

    close: () => reader.destroy(),
  };
}
