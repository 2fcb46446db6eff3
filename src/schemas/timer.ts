import { z } from 'zod';
import { ActionBundle, dueFields, EXACTLY_ONE_DUE, hasOneDue } from './action.js';
import { DeliverySummary } from './delivery.js';
import { Duration, Instant } from './duration.js';
import { Moment, Name, OwnId } from './identity.js';
import { NextCursor, pageQuery } from './page.js';

/** The body of `POST /timers`. */
export const TimerRequest = z
  .strictObject({
    tenantId: Name,
    requestedBy: Name,
    name: Name,
    ...dueFields,
    actionBundle: ActionBundle.optional(),
  })
  .refine(hasOneDue, { path: ['duration'], error: EXACTLY_ONE_DUE })
  .meta({ id: 'TimerRequest' });
export type TimerRequest = z.infer<typeof TimerRequest>;

/** A timer that another service asks for by signal: it brings its own id, so that the signal may come twice. */
export const SignalledTimer = TimerRequest.safeExtend({ id: OwnId });
export type SignalledTimer = z.infer<typeof SignalledTimer>;

/** A cancellation by signal. */
export const SignalledCancellation = z.strictObject({
  id: OwnId,
  reason: z.string().max(1_000).optional(),
  requestedBy: Name.optional(),
});
export type SignalledCancellation = z.infer<typeof SignalledCancellation>;

/** Another due time by signal. */
export const SignalledMove = z.strictObject({ id: OwnId, fireAt: Instant });
export type SignalledMove = z.infer<typeof SignalledMove>;

export const TimerStatus = z.enum(['scheduled', 'firing', 'fired', 'cancelled', 'failed']);
export type TimerStatus = z.infer<typeof TimerStatus>;

/** The workflow that owns something, and where a person looks at it. */
export const Run = z.looseObject({ workflowId: z.string(), url: z.string() }).meta({ id: 'Run' });
export type Run = z.infer<typeof Run>;

/** A timer as it is answered. Secrets in its actions read `***`. */
export const Timer = z
  .looseObject({
    id: z.string(),
    tenantId: z.string(),
    requestedBy: z.string(),
    name: z.string(),
    status: TimerStatus,
    durationMs: z.int().describe('From creation, or from the last reset or reschedule, to `fireAt`'),
    createdAt: Moment,
    fireAt: Moment.describe('When it is due; of a repeating timer, the next occurrence'),
    firedAt: Moment.optional().describe(
      'When its first attempts were made; of a repeating timer, the latest',
    ),
    cancelledAt: Moment.optional(),
    cancelReason: z.string().optional(),
    cancelledBy: z.string().optional(),
    metadata: z.record(z.string(), z.unknown()),
    labels: z.record(z.string(), z.string()),
    actionBundle: z.looseObject({ actions: z.array(z.looseObject({ type: z.string() })) }).optional(),
    repeat: z
      .looseObject({
        everyMs: z.int(),
        count: z.int().optional(),
        until: Moment.optional(),
        occurrence: z.int(),
      })
      .optional()
      .describe('`occurrence` counts from 1: the one that is due next'),
    deliveries: z.array(DeliverySummary).describe('The latest 20'),
    run: Run,
  })
  .meta({ id: 'Timer' });
export type Timer = z.infer<typeof Timer>;

export const TimerAnswer = z.looseObject({ timer: Timer });
export const TimerPage = z.looseObject({ timers: z.array(Timer), nextCursor: NextCursor });

export const TimerFilter = z.object({
  ...pageQuery,
  tenantId: Name.optional(),
  status: TimerStatus.optional(),
  name: Name.optional(),
  requestedBy: Name.optional(),
  fireBefore: Instant.optional(),
  fireAfter: Instant.optional(),
});
export type TimerFilter = z.infer<typeof TimerFilter>;

/** The body of `POST /timers/batch`; each item is checked by itself, one bad item does not stop the rest. */
export const TimerBatch = z.strictObject({ timers: z.array(z.unknown()).min(1).max(1_000) });

/** One result for each item of a batch, in order. */
export const TimerBatchAnswer = z.looseObject({
  timers: z.array(
    z.looseObject({
      id: z.string().optional(),
      fireAt: Moment.optional(),
      error: z
        .looseObject({
          code: z.string(),
          detail: z.string(),
          errors: z.array(z.looseObject({ path: z.string(), message: z.string() })).optional(),
        })
        .optional(),
    }),
  ),
});

/** The body of `POST /timers/:id/cancel`. */
export const Cancellation = z
  .strictObject({
    tenantId: Name.optional(),
    reason: z.string().max(1_000).optional(),
    requestedBy: Name.optional(),
  })
  .meta({ id: 'Cancellation' });
export type Cancellation = z.infer<typeof Cancellation>;

/** The body of `POST /timers/:id/reschedule`. */
export const Rescheduling = z
  .strictObject({ tenantId: Name.optional(), duration: Duration.optional(), fireAt: Instant.optional() })
  .refine(hasOneDue, { path: ['duration'], error: EXACTLY_ONE_DUE })
  .meta({ id: 'Rescheduling' });
export type Rescheduling = z.infer<typeof Rescheduling>;

/** The optional body of `reset` and `fire`. */
export const TenantCheck = z.strictObject({ tenantId: Name.optional() });

export const TimerMetrics = z
  .looseObject({
    active_timers: z.int(),
    completed_timers: z.int(),
    cancelled_timers: z.int(),
    failed_timers: z.int(),
    success_rate: z
      .number()
      .nullable()
      .describe('Completed of all that completed or failed; null when there were none'),
    average_duration: z.number().nullable().describe('Seconds from creation to firing; null when none fired'),
    lateness_ms: z.looseObject({ p50: z.number().nullable(), p99: z.number().nullable() }),
    last_activity: Moment.nullable(),
  })
  .meta({ id: 'TimerMetrics' });
export type TimerMetrics = z.infer<typeof TimerMetrics>;

export const AgentHealth = z
  .looseObject({
    status: z.enum(['healthy', 'stale']).describe('`stale`: no timer completed in 300 s'),
    metrics: z.looseObject({
      agent_id: z.string().nullable(),
      active_timers: z.int(),
      completed_timers: z.int(),
      success_rate: z.number().nullable(),
      average_duration: z.number().nullable(),
    }),
    last_activity: Moment.nullable(),
  })
  .meta({ id: 'AgentHealth' });
export type AgentHealth = z.infer<typeof AgentHealth>;
