import { z } from 'zod';
import { InstructionText } from './agent.js';
import { Moment, Name } from './identity.js';
import { NextCursor, pageQuery } from './page.js';

/** Whom an instruction is for: everybody, one agent, or whoever connects in a context. */
export const InstructionLayer = z.enum(['organisation', 'agent', 'context']);
export type InstructionLayer = z.infer<typeof InstructionLayer>;

/** One of several texts, given to as large a share of the agents as its weight is of all weights. */
export const Variant = z
  .strictObject({
    name: Name,
    weight: z.int().min(0).max(1_000).default(1),
    ...InstructionText.shape,
  })
  .meta({ id: 'Variant' });
export type Variant = z.infer<typeof Variant>;

const Variants = z
  .array(Variant)
  .max(10)
  .refine(
    (variants) => new Set(variants.map(({ name }) => name)).size === variants.length,
    'must have different names',
  )
  .refine(
    (variants) => variants.length === 0 || variants.some(({ weight }) => weight > 0),
    'must have a weight above 0',
  );

export const InstructionStatus = z.enum(['active', 'inactive']);
const text = InstructionText.shape;

/** The body of `POST /instructions`. */
export const InstructionRequest = z
  .strictObject({
    name: Name,
    layer: InstructionLayer,
    agentId: z.string().min(1).max(128).optional().describe('Of the layer `agent`'),
    context: Name.optional().describe('Of the layer `context`'),
    ...text,
    variants: Variants.default([]).describe('In place of the text above; an agent keeps the one it got'),
    status: InstructionStatus.default('active'),
  })
  .refine(({ layer, agentId }) => (layer === 'agent') === (agentId !== undefined), {
    path: ['agentId'],
    error: 'is given exactly with the layer agent',
  })
  .refine(({ layer, context }) => (layer === 'context') === (context !== undefined), {
    path: ['context'],
    error: 'is given exactly with the layer context',
  })
  .meta({ id: 'InstructionRequest' });
export type InstructionRequest = z.infer<typeof InstructionRequest>;

/** The body of `PATCH /instructions/:id`: what is given replaces what stood. Its layer stays. */
export const InstructionChange = z
  .strictObject({
    name: Name,
    systemPrompt: text.systemPrompt.unwrap(),
    guidelines: text.guidelines.unwrap(),
    variants: Variants,
    status: InstructionStatus,
  })
  .partial()
  .meta({ id: 'InstructionChange' });
export type InstructionChange = z.infer<typeof InstructionChange>;

export const Instruction = z
  .looseObject({
    id: z.string(),
    name: z.string(),
    layer: InstructionLayer,
    agentId: z.string().nullable(),
    context: z.string().nullable(),
    systemPrompt: z.string(),
    guidelines: z.array(z.string()),
    variants: z.array(
      z.looseObject({
        name: z.string(),
        weight: z.int(),
        systemPrompt: z.string(),
        guidelines: z.array(z.string()),
        agents: z.int().describe('How many agents got it'),
        succeeded: z.int().describe('Outcomes that they told'),
        failed: z.int(),
      }),
    ),
    status: InstructionStatus,
    createdAt: Moment,
    updatedAt: Moment,
  })
  .meta({ id: 'Instruction' });
export type Instruction = z.infer<typeof Instruction>;

export const InstructionAnswer = z.looseObject({ instruction: Instruction });
export const InstructionPage = z.looseObject({ instructions: z.array(Instruction), nextCursor: NextCursor });
export const InstructionFilter = z.object({
  ...pageQuery,
  layer: InstructionLayer.optional(),
  agentId: z.string().min(1).max(128).optional(),
  context: Name.optional(),
  status: InstructionStatus.optional(),
});
export type InstructionFilter = z.infer<typeof InstructionFilter>;
