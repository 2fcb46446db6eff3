import { z } from 'zod';
import { AgentRequest, InstructionText } from './agent.js';
import { ScheduleRequest } from './schedule.js';

/** What of an agent somebody else has to be told of, such as a broker or what runs containers. */
const OVER_HTTP_ONLY = {
  heartbeat: true,
  brokers: true,
  image: true,
  resources: true,
  restartPolicy: true,
  healthUrl: true,
  healthInterval: true,
} as const;

/** An agent as a file declares it: an instruction may be its text alone. */
export const DeclaredAgent = AgentRequest.omit(OVER_HTTP_ONLY).extend({
  instruction: z
    .union([
      z
        .string()
        .max(64_000)
        .transform((systemPrompt) => InstructionText.parse({ systemPrompt })),
      InstructionText,
    ])
    .nullish(),
});
export type DeclaredAgent = z.infer<typeof DeclaredAgent>;

const many = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item)
    .max(1_000)
    .nullish()
    .transform((items) => items ?? []);

/** The file that `MAINSPRING_CONFIG` names. */
export const Declaration = z.strictObject({
  org: z.string().default('demo'),
  agents: many(DeclaredAgent),
  schedules: many(ScheduleRequest),
  /** The same. */
  heartbeats: many(ScheduleRequest),
});
export type Declaration = z.infer<typeof Declaration>;
