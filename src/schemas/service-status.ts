import { z } from 'zod';

/** How the agent service stands: of the caller's organisation, but for the slots, which all share. */
export const ServiceStatus = z
  .looseObject({
    running: z.boolean().describe('Whether a worker takes tasks'),
    queue_size: z.int().describe('Tasks that could start and have not'),
    queue_by_priority: z
      .record(z.string(), z.int())
      .describe('How many of them have each priority; those that none has are left out'),
    active_workers: z
      .int()
      .describe('Tasks that run, at most one a slot: others that have begun wait for one'),
    available_slots: z
      .int()
      .describe(
        '`MAX_WORKERS` of every worker, less the tasks of all organisations that run; a worker that was killed counts for up to 70 s',
      ),
    heartbeats: z.int().describe('Schedules that are enabled'),
  })
  .meta({ id: 'ServiceStatus' });
export type ServiceStatus = z.infer<typeof ServiceStatus>;
