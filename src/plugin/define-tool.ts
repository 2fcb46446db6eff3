import { z } from 'zod';
import { ToolName } from '../schemas/agent.js';

/**
 * What a tool throws when what it was asked for is wrong, rather than that it failed. A task that ends because of it is
 * `invalid_input`, which does not count against its agent.
 */
export class InvalidInput extends Error {
  override readonly name = 'InvalidInput';
}

/** Plugins may have a copy of this module: the class is told by its name. */
export const isInvalidInput = (error: unknown): boolean =>
  error instanceof Error && error.name === 'InvalidInput';

/** What a tool knows of the call that it is made for. */
export interface ToolContext {
  orgId: string;
  taskId: string;
  /** The same however often this call is made: send it along as `Idempotency-Key`. */
  callId: string;
  agent: { id: string; name: string; type: string | null };
  userId: string | null;
  sessionId: string | null;
  /** Aborted when the task is cancelled or its time is over. */
  signal: AbortSignal;
}

/** An argument of a tool, where a schema would be too much. */
export interface ToolParameter {
  name: string;
  type: 'string' | 'number' | 'integer' | 'boolean' | 'array' | 'object';
  description?: string;
  /** True by default. */
  required?: boolean;
  default?: unknown;
  enum?: string[];
}

interface ToolBase {
  /** 1 to 64 of A-Z a-z 0-9 . _ - */
  name: string;
  version?: string;
  /** What the model reads: what the tool does, and when to call it. */
  description: string;
  /** `market`, `analytics`, … */
  category: string;
  /** Whether a call may be made again when its worker died: it only reads, or the receiver knows the call's id. */
  isRepeatable?: boolean;
  /** Of one call, at most 600; 60 by default. An organisation may change that. */
  timeoutSeconds?: number;
  /** A person has to approve each call; an organisation may change that. */
  requiresApproval?: boolean;
}

/** What `defineTool` takes: arguments as a zod schema, or as a list of parameters. */
export type ToolSource<Input extends z.ZodType, Context> = ToolBase & {
  execute(args: z.output<Input>, context: Context): Promise<unknown> | unknown;
} & ({ schema: Input } | { parameters: readonly ToolParameter[] });

/** A tool as the workers call it. */
export interface ToolDefinition<Context = ToolContext> {
  name: string;
  version: string;
  description: string;
  category: string;
  isRepeatable: boolean;
  timeoutSeconds: number;
  requiresApproval: boolean;
  /** Arguments are parsed with it before every call. */
  input: z.ZodType;
  /** The same as JSON Schema: what the model is given. */
  inputSchema: Record<string, unknown>;
  execute(args: unknown, context: Context): Promise<unknown>;
}

/** As `config` of a tool may say. */
const LONGEST_SECONDS = 600;
const DEFAULT_SECONDS = 60;

const TYPES: Record<ToolParameter['type'], () => z.ZodType> = {
  string: z.string,
  number: z.number,
  integer: z.int,
  boolean: z.boolean,
  array: () => z.array(z.unknown()),
  object: () => z.record(z.string(), z.unknown()),
};

function schemaOf(parameters: readonly ToolParameter[]): z.ZodType {
  const shape = parameters.map(
    ({ name, type, description, required = true, default: initial, enum: values }) => {
      const base = values ? z.enum(values) : TYPES[type]();
      const described = description === undefined ? base : base.describe(description);
      if (initial !== undefined) return [name, described.default(initial)];
      return [name, required ? described : described.optional()];
    },
  );
  return z.strictObject(Object.fromEntries(shape));
}

/**
 * A tool that agents may be given, with its code. Throws a ZodError for a definition that cannot be one.
 * The arguments reach `execute` parsed; what it answers must be JSON. What it throws, the model is told; an
 * {@link InvalidInput} says that the arguments were wrong.
 */
export function defineTool<
  Input extends z.ZodType = z.ZodType<Record<string, unknown>>,
  Context = ToolContext,
>(source: ToolSource<Input, Context>): ToolDefinition<Context> {
  const input = 'schema' in source ? source.schema : schemaOf(source.parameters);
  const inputSchema: Record<string, unknown> = z.toJSONSchema(input, { io: 'input' });
  return {
    name: ToolName.parse(source.name),
    version: source.version ?? '1.0',
    description: z.string().min(1).max(2_000).parse(source.description),
    category: z.string().min(1).max(200).parse(source.category),
    isRepeatable: source.isRepeatable ?? false,
    timeoutSeconds: z
      .number()
      .min(1)
      .max(LONGEST_SECONDS)
      .parse(source.timeoutSeconds ?? DEFAULT_SECONDS),
    requiresApproval: source.requiresApproval ?? false,
    input,
    inputSchema,
    // The arguments were parsed with the schema that their type comes from.
    execute: async (args, context) => source.execute(args as z.output<Input>, context),
  };
}
