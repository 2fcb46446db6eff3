import { z } from 'zod';
import { Moment } from './identity.js';
import { Period } from './period.js';

const latenessMs = z
  .looseObject({ p50: z.number().nullable(), p99: z.number().nullable() })
  .describe('Of timers that fired; null where none did. Beyond 1 s to two digits');

/** What happened in a span of time. */
const counts = {
  timersFired: z.int().describe('By when they fired; one that repeats counts once, at its latest firing'),
  timersFailed: z.int().describe('Of those, the ones with an action that was given up'),
  latenessMs,
  deliveriesDelivered: z.int().describe('Of the deliveries that were made then'),
  deliveriesDead: z.int(),
  tasksCompleted: z.int().describe('Of the tasks that were asked for then'),
  tasksFailed: z.int().describe('`failed` or `timed_out`'),
  messagesProcessed: z.int().describe('Of the messages that came then, by agent'),
  messagesDead: z.int().describe('`failed` or `dead`'),
  tokens: z.int().describe('Of all calls of models that began then'),
  costUsd: z.number().nullable().describe('Null where the price of one of the models is not known'),
};

/** What happened in each part of a period, and in all of it. */
export const Statistics = z
  .looseObject({
    from: Moment,
    to: Moment,
    bucketMs: z.int(),
    totals: z.looseObject(counts),
    buckets: z
      .array(z.looseObject({ from: Moment, ...counts }))
      .describe('About 60, the oldest first, also those in which nothing happened; the last goes on'),
  })
  .meta({ id: 'Statistics' });
export type Statistics = z.infer<typeof Statistics>;

export const StatisticsFilter = z.object({ period: Period.default(86_400_000) });
