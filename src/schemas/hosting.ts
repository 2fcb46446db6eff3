import { z } from 'zod';
import { Duration, Instant } from './duration.js';
import { Moment } from './identity.js';

/** An image's reference: `registry.example.com/team/agent:1.2`. */
export const Image = z
  .string()
  .max(500)
  .regex(/^[a-z0-9][A-Za-z0-9._:/@-]*$/, 'is not the reference of an image');

/** Kubernetes quantities, as Docker takes them: a number of CPUs or thousandths (`500m`); bytes with a unit (`1Gi`). */
export const Resources = z
  .strictObject({
    cpu: z
      .string()
      .regex(/^(\d{1,4}(\.\d{1,3})?|\d{1,7}m)$/, 'must be a number of CPUs, or thousandths: 500m')
      .optional(),
    memory: z
      .string()
      .regex(/^\d{1,15}(Ki|Mi|Gi|Ti|k|M|G|T)?$/, 'must be bytes, with or without a unit: 512Mi')
      .optional(),
  })
  .meta({ id: 'Resources' });
export type Resources = z.infer<typeof Resources>;

/** What happens when a container ends by itself. */
export const RestartPolicy = z
  .enum(['no', 'on-failure', 'always'])
  .describe('`on-failure`: it is started again unless it ended with exit code 0');
export type RestartPolicy = z.infer<typeof RestartPolicy>;

export const HealthInterval = Duration.refine(
  (millis) => millis >= 1_000 && millis <= 86_400_000,
  'must be from 1s to 1d',
);

export const ContainerStatus = z.enum(['starting', 'running', 'paused', 'restarting', 'stopped', 'failed']);
export type ContainerStatus = z.infer<typeof ContainerStatus>;

/** The container of an agent, as it was last seen. */
export const ContainerState = z
  .looseObject({
    id: z.string().nullable(),
    status: ContainerStatus,
    exitCode: z.int().nullable(),
    restarts: z.int().describe('In a row: 0 again once it ran for 10 minutes'),
    error: z.string().nullable(),
    at: Moment,
  })
  .meta({ id: 'ContainerState' });
export type ContainerState = z.infer<typeof ContainerState>;

/** The query of `GET /agents/:id/logs`. */
export const LogQuery = z.object({
  tail: z.coerce.number().int().min(1).max(5_000).default(200).describe('The last so many lines'),
  since: Instant.optional().describe('Only what was written from then on'),
});

/** What the latest health check of an agent found. */
export const HealthState = z
  .looseObject({
    status: z.enum(['healthy', 'unhealthy']),
    error: z.string().nullable(),
    failures: z.int().describe('In a row'),
    at: Moment,
  })
  .meta({ id: 'HealthState' });
export type HealthState = z.infer<typeof HealthState>;
