import { z } from 'zod';
import { ToolName } from './agent.js';
import { freeForm, Moment, Name } from './identity.js';
import { NextCursor, pageQuery } from './page.js';

export const ToolStatus = z.enum(['active', 'inactive']);
export const ToolKind = z.enum(['builtin', 'http', 'mcp']);

const ToolSchema = z.strictObject({ input: freeForm(64), output: freeForm(64).optional() });

const given = {
  name: ToolName,
  version: Name,
  description: z.string().max(2_000),
  category: Name.nullish().describe('`productivity`, `communication`, `data`, …'),
  schema: ToolSchema,
  status: ToolStatus.describe('An inactive tool is given to no agent'),
  kind: ToolKind,
  config: freeForm(64).describe('How it is called; secrets in it are kept and answered as `***`'),
  requiresApproval: z.boolean(),
};

const { name, category, ...others } = given;
/** The body of `POST /tools`. */
export const ToolRequest = z
  .strictObject({
    name,
    category,
    version: others.version.default('1'),
    description: others.description.default(''),
    schema: others.schema.default({ input: { type: 'object' } }),
    status: others.status.default('active'),
    kind: others.kind.default('builtin'),
    config: others.config.default({}),
    requiresApproval: others.requiresApproval.default(false),
  })
  .meta({ id: 'ToolRequest' });
export type ToolRequest = z.infer<typeof ToolRequest>;

/** The body of `PATCH /tools/:id`: what is given replaces what stood. Its name stays: agents are given tools by it. */
export const ToolChange = z
  .strictObject({ category, ...others })
  .partial()
  .meta({ id: 'ToolChange' });
export type ToolChange = z.infer<typeof ToolChange>;

export const Tool = z
  .looseObject({
    id: z.string(),
    name: z.string(),
    version: z.string(),
    description: z.string(),
    category: z.string().nullable(),
    schema: z.record(z.string(), z.unknown()),
    status: ToolStatus,
    kind: ToolKind,
    config: z.record(z.string(), z.unknown()),
    requiresApproval: z.boolean(),
    createdAt: Moment,
    updatedAt: Moment,
  })
  .meta({ id: 'Tool' });
export type Tool = z.infer<typeof Tool>;

export const ToolAnswer = z.looseObject({ tool: Tool });
export const ToolPage = z.looseObject({ tools: z.array(Tool), nextCursor: NextCursor });
export const ToolFilter = z.object({
  ...pageQuery,
  status: ToolStatus.optional(),
  category: Name.optional(),
  kind: ToolKind.optional(),
});
export type ToolFilter = z.infer<typeof ToolFilter>;
