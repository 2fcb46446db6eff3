import { z } from 'zod';
import { Headers } from './action.js';
import { ToolName } from './agent.js';
import { WebUrl } from './channel-fields.js';
import { freeForm, Moment, Name } from './identity.js';
import { NextCursor, pageQuery } from './page.js';

export const ToolStatus = z.enum(['active', 'inactive']);
export const ToolKind = z.enum(['builtin', 'http', 'mcp']);

const ToolSchema = z.strictObject({ input: freeForm(64), output: freeForm(64).optional() });

/** A task waits as long for a call that goes on. */
const LONGEST_CALL_SECONDS = 600;
const LONGEST_WAIT_SECONDS = 2_592_000;
/** What the configuration of every kind may say. */
const calling = {
  timeoutSeconds: z
    .number()
    .min(1)
    .max(LONGEST_CALL_SECONDS)
    .optional()
    .describe('Of one call; by default what its code says, or 60'),
  approvalTimeoutSeconds: z
    .int()
    .min(1)
    .max(LONGEST_WAIT_SECONDS)
    .optional()
    .describe('How long somebody may take to approve a call; APPROVAL_TIMEOUT_SECONDS by default'),
};
const remote = {
  ...calling,
  url: WebUrl.refine((text) => {
    const url = URL.canParse(text) ? new URL(text) : null;
    return url === null || (url.username === '' && url.password === '');
  }, 'must not have credentials: put them into headers'),
  headers: Headers.default({}),
  isRepeatable: z
    .boolean()
    .optional()
    .describe(
      'Whether a call may be made again when its worker died: it only reads, or knows `Idempotency-Key`',
    ),
};

/** The `config` of a tool that is somebody's code: what else it says is the tool's own. */
export const BuiltinToolConfig = z.looseObject(calling).meta({ id: 'BuiltinToolConfig' });
/** The `config` of a tool of kind `http`: arguments are the JSON body, of GET and DELETE the query. */
export const HttpToolConfig = z
  .strictObject({ ...remote, method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('POST') })
  .meta({ id: 'HttpToolConfig' });
export type HttpToolConfig = z.infer<typeof HttpToolConfig>;
/** The `config` of a tool of kind `mcp`: a server that speaks MCP over streamable HTTP. */
export const McpToolConfig = z
  .strictObject({
    ...remote,
    tool: z.string().min(1).max(200).optional().describe("Its name there; the tool's by default"),
  })
  .meta({ id: 'McpToolConfig' });
export type McpToolConfig = z.infer<typeof McpToolConfig>;
export const TOOL_CONFIG = { builtin: BuiltinToolConfig, http: HttpToolConfig, mcp: McpToolConfig };

const given = {
  name: ToolName,
  version: Name,
  description: z.string().max(2_000),
  category: Name.nullish().describe('`productivity`, `communication`, `data`, …'),
  schema: ToolSchema,
  status: ToolStatus.describe('An inactive tool is given to no agent'),
  kind: ToolKind,
  config: freeForm(64).describe(
    'How it is called: `HttpToolConfig`, `McpToolConfig`; secrets in it are kept and answered as `***`',
  ),
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
