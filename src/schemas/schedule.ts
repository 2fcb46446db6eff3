import { z } from 'zod';
import { Duration, Instant } from './duration.js';
import { freeForm, Moment, Name } from './identity.js';
import { NextCursor, pageQuery } from './page.js';
import { MethodName, Priority, Prompt, Task } from './task.js';
import { TaskDeliveries } from './task-delivery.js';

/** What becomes of a run whose moment comes while the one before has not ended. */
export const Overlap = z
  .enum(['skip', 'buffer_one', 'buffer_all', 'cancel_other', 'allow_all'])
  .describe(
    [
      'What becomes of a run whose moment comes while the one before has not ended. `skip`: it is left out',
      '`buffer_one`: one waits, further ones are left out; `buffer_all`: all wait, one after the other',
      '`cancel_other`: the one before is cancelled; `allow_all`: they run side by side',
    ].join('. '),
  )
  .meta({ id: 'Overlap' });
export type Overlap = z.infer<typeof Overlap>;

const DAY_MS = 86_400_000;
/** What Temporal takes at least. */
const SHORTEST_CATCHUP_MS = 10_000;

const CronExpression = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .describe('Minute, hour, day of month, month, day of week. Where both days are given, both have to match')
  .meta({ examples: ['0 9 * * 1-5'] });
const IntervalSeconds = z.int().min(1).max(157_680_000).describe('Counted from when the schedule was made');
const Timezone = z
  .string()
  .trim()
  .min(1)
  .max(64)
  .describe('As the IANA database names it')
  .meta({
    examples: ['Europe/Madrid'],
  });

/** When it comes round. */
const cycle = {
  cron_expression: CronExpression.nullish(),
  interval_seconds: IntervalSeconds.nullish(),
  timezone: Timezone,
  jitter: Duration.refine((millis) => millis <= DAY_MS, 'must be at most 1d')
    .nullish()
    .describe('Each run comes later than its moment by chance, at most so much'),
  catchup_window: Duration.refine((millis) => millis >= SHORTEST_CATCHUP_MS, 'must be at least 10s').describe(
    'What was missed while Mainspring was away runs afterwards if it is no older',
  ),
  ends_at: Instant.nullish().describe('It starts nothing from then on'),
};

const given = {
  name: Name.optional().describe('What people call it; by default the name of the agent and what it does'),
  agent_name: Name,
  prompt_template: Prompt.nullish().describe(
    'What the agent is asked; by default `Perform your scheduled check.`, where no method is named',
  ),
  method_name: MethodName.nullish().describe('A method of the agent; without it the prompt is asked'),
  input: freeForm(256).describe('Of the method'),
  priority: Priority,
  delivery: TaskDeliveries.describe('Where the results of its tasks go, as with `POST /tasks`'),
  metadata: freeForm(16).describe('Of its tasks, which have `scheduleId` besides'),
  timeout_seconds: z.number().min(1).max(86_400).nullish().describe('Of each of its tasks'),
  overlap: Overlap,
  enabled: z.boolean().describe('Whether it starts tasks'),
};

const isOneCycle = ({ cron_expression: cron, interval_seconds: seconds }: Cycle): boolean =>
  (cron ?? null) === null ? (seconds ?? null) !== null : (seconds ?? null) === null;
type Cycle = { cron_expression?: string | null | undefined; interval_seconds?: number | null | undefined };
const ONE_CYCLE = {
  path: ['cron_expression'],
  error: 'exactly one of cron_expression and interval_seconds is needed',
};

/** The body of `POST /schedules`. */
export const ScheduleRequest = z
  .strictObject({
    ...given,
    ...cycle,
    timezone: Timezone.default('UTC'),
    catchup_window: cycle.catchup_window.default(3_600_000),
    input: given.input.default({}),
    priority: given.priority.default(7),
    delivery: given.delivery.default([{ channel: 'log' }]),
    metadata: given.metadata.default({}),
    overlap: Overlap.default('skip'),
    enabled: given.enabled.default(true),
  })
  .refine(isOneCycle, ONE_CYCLE)
  .meta({ id: 'ScheduleRequest' });
export type ScheduleRequest = z.infer<typeof ScheduleRequest>;

/** The body of `PATCH /schedules/:id`. */
export const ScheduleChange = z
  .strictObject({ ...given, ...cycle })
  .partial()
  .refine(
    ({ cron_expression: cron, interval_seconds: seconds }) =>
      typeof cron !== 'string' || typeof seconds !== 'number',
    { path: ['cron_expression'], error: 'cron_expression and interval_seconds exclude each other' },
  )
  .meta({ id: 'ScheduleChange' });
export type ScheduleChange = z.infer<typeof ScheduleChange>;

export const Schedule = z
  .looseObject({
    id: z.string(),
    name: z.string(),
    agent_id: z.string(),
    agent_name: z.string(),
    cron_expression: z.string().nullable(),
    interval_seconds: z.int().nullable(),
    timezone: z.string(),
    prompt_template: z.string().nullable(),
    method_name: z.string().nullable(),
    input: z.record(z.string(), z.unknown()),
    priority: z.int(),
    delivery: z.array(z.looseObject({ channel: z.string() })).describe('Secrets in it read `***`'),
    metadata: z.record(z.string(), z.unknown()),
    timeout_seconds: z.number().nullable(),
    overlap: Overlap,
    jitter_ms: z.int(),
    catchup_window_ms: z.int(),
    ends_at: Moment.nullable(),
    enabled: z.boolean(),
    declared: z.boolean().describe('By the file of `MAINSPRING_CONFIG`, which says what it is at each start'),
    next_run_at: Moment.nullable().describe('Null while it is paused, or when it has ended'),
    created_at: Moment,
    updated_at: Moment,
  })
  .meta({ id: 'Schedule' });
export type Schedule = z.infer<typeof Schedule>;

export const ScheduleAnswer = z.looseObject({ schedule: Schedule });
export const SchedulePage = z.looseObject({ schedules: z.array(Schedule), nextCursor: NextCursor });
export const ScheduleFilter = z.object({
  ...pageQuery,
  agent_name: Name.optional(),
  enabled: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
});
export type ScheduleFilter = z.infer<typeof ScheduleFilter>;

export const PreviewQuery = z.object({
  cron_expression: CronExpression.optional(),
  interval_seconds: z.coerce.number().pipe(IntervalSeconds).optional(),
  timezone: Timezone.default('UTC'),
  ends_at: Instant.optional(),
});
export type PreviewQuery = z.infer<typeof PreviewQuery>;
export const SchedulePreview = z
  .looseObject({
    timezone: z.string(),
    next_runs: z.array(Moment).describe('The next ten, fewer where it ends before'),
  })
  .meta({ id: 'SchedulePreview' });
export type SchedulePreview = z.infer<typeof SchedulePreview>;

/** The body of `POST /schedules/:id/trigger`. */
export const Trigger = z
  .strictObject({ overlap: Overlap.optional().describe("By default the schedule's") })
  .meta({ id: 'ScheduleTrigger' });
export const Triggered = z.looseObject({
  task_id: z
    .string()
    .nullable()
    .describe(
      'Null where none was started: the one before has not ended, and `overlap` does not let another begin',
    ),
});

/** The body of `POST /schedules/:id/backfill`. */
export const Backfill = z
  .strictObject({
    from: Instant,
    to: Instant.describe('At most the present'),
    overlap: Overlap.optional().describe('By default `buffer_all`: one after the other'),
  })
  .meta({ id: 'ScheduleBackfill' });
export type Backfill = z.infer<typeof Backfill>;
export const Backfilled = z.looseObject({
  runs: z.int().describe('Moments of the schedule in this time; one that ran then does not run again'),
});

export const HistoryQuery = z.object(pageQuery);
export const ScheduleHistory = z
  .looseObject({
    tasks: z.array(Task).describe('That it started, the newest first'),
    runs: z.int().describe('All that it started'),
    skipped: z.int().describe('Left out because the one before had not ended, or 1,000 waited already'),
    missed: z.int().describe('Older than `catchup_window` when Mainspring was back'),
    nextCursor: NextCursor,
  })
  .meta({ id: 'ScheduleHistory' });
export type ScheduleHistory = z.infer<typeof ScheduleHistory>;
