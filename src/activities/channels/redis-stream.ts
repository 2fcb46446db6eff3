import { ErrorReply } from '@redis/client';
import { type StreamOwner, streamRefusal } from '../../domain/stream-owner.js';
import { inTime, type Redis, TRIM_RESULTS } from '../../redis.js';
import type { AttemptResult, Channel } from './channel.js';

/** Refusals that another attempt would meet as well: the key is no stream; this user may not. */
const LASTING = /^(?:WRONGTYPE|NOPERM)\b/;

export interface RedisStreamOptions extends StreamOwner {
  RESULT_STREAM: string;
}

/** Appends an entry to a stream: whose result it is, and the body as `payload`. Only the stream of results is cut. */
export function createRedisStreamChannel(
  redis: Pick<Redis, 'commands'>,
  { RESULT_STREAM: results, ...owner }: RedisStreamOptions,
): Channel {
  return {
    async deliver({ orgId, taskId, timerId, id, request: { stream = '' }, body }) {
      // Checked when it was asked for; what is configured may have changed since.
      if (streamRefusal(orgId, stream, owner) !== null) return { kind: 'dead', error: 'stream_not_allowed' };
      const whose: Record<string, string> = taskId ? { task_id: taskId } : { timer_id: timerId ?? id };
      try {
        // What else a stream holds is not ours to take away.
        const trim = stream === results ? TRIM_RESULTS : {};
        const entry = await inTime(redis.commands.xAdd(stream, '*', { ...whose, payload: body }, trim));
        return { kind: 'delivered', answer: `entry ${entry}` };
      } catch (error) {
        return resultOf(error);
      }
    },
  };
}

function resultOf(error: unknown): AttemptResult {
  if (!(error instanceof ErrorReply)) return { kind: 'retry', error: 'redis_unreachable' };
  const isLasting = LASTING.test(error.message);
  return { kind: isLasting ? 'dead' : 'retry', error: 'redis_refused', answer: error.message };
}
