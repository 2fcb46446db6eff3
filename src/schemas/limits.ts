import { z } from 'zod';
import { Duration } from './duration.js';

const limited = {
  maxTokens: z.int().min(1).max(1_000_000_000).describe('Of a task, asked and answered'),
  maxCostUsd: z.number().positive().max(1_000_000).describe('Of a task'),
  maxTokensPerDay: z.int().min(1).max(1_000_000_000),
  maxCostUsdPerDay: z.number().positive().max(1_000_000),
  maxSteps: z.int().min(1).max(1_000).describe('Calls of a model in a task; 20 by default'),
  timeout: Duration.refine(
    (millis) => millis >= 1_000 && millis <= 86_400_000,
    'must be from 1s to 1d',
  ).describe('Of a task, from its start on; without it 30 s for an execution'),
  maxAttempts: z.int().min(1).max(20).describe('At a call of a model; 4 by default'),
};

/** What one task of the agent may use, and the agent in a day (UTC); nothing is asked that could pass a limit. */
export const Limits = z.strictObject(limited).partial().meta({ id: 'Limits' });
export type Limits = z.infer<typeof Limits>;

/** What is given replaces what stood; `null` takes a limit away. */
export const LimitsChange = z
  .strictObject({
    maxTokens: limited.maxTokens.nullable(),
    maxCostUsd: limited.maxCostUsd.nullable(),
    maxTokensPerDay: limited.maxTokensPerDay.nullable(),
    maxCostUsdPerDay: limited.maxCostUsdPerDay.nullable(),
    maxSteps: limited.maxSteps.nullable(),
    timeout: limited.timeout.nullable(),
    maxAttempts: limited.maxAttempts.nullable(),
  })
  .partial()
  .meta({ id: 'LimitsChange' });
