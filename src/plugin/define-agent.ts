import { z } from 'zod';
import { InstructionText, ToolName } from '../schemas/agent.js';
import { Name } from '../schemas/identity.js';
import { Limits } from '../schemas/limits.js';
import { MethodName } from '../schemas/task.js';

/** What a model is asked by an agent's code. */
export interface Question {
  /** Instead of the agent's own instruction. */
  system?: string | undefined;
  /** JSON Schema of what it shall answer: `data` of the answer then holds it. */
  schema?: Record<string, unknown> | undefined;
  temperature?: number | undefined;
  maxTokens?: number | undefined;
}

export interface ModelAnswer {
  text: string;
  /** What was answered, where a schema was given. */
  data: unknown;
  model: string;
  tokenUsage: { input: number; output: number; total: number };
  /** Null when the price of the model is not known. */
  costUsd: number | null;
}

/**
 * What an agent remembers. Without a session: of the session of its task, or of none. What is set or deleted is seen at
 * once by the code itself, and written when the stage is over.
 */
export interface AgentMemory {
  get(key: string, sessionId?: string | null): Promise<unknown>;
  set(key: string, value: unknown, sessionId?: string | null): Promise<void>;
  delete(key: string, sessionId?: string | null): Promise<void>;
}

/**
 * What an agent's code may do. Every call is recorded: when a worker dies the code runs again from its beginning and
 * is given the recorded answers, so between calls it must do the same each time. What takes long or changes the world
 * belongs into a tool.
 */
export interface AgentContext {
  executionId: string;
  orgId: string;
  agent: { id: string; name: string; type: string | null };
  /** The method that is called, or null where the agent was given a prompt. */
  method: string | null;
  /** What the agent was asked, or what was said beside a method; null where nothing was. */
  prompt: string | null;
  userId: string | null;
  sessionId: string | null;
  metadata: Record<string, unknown>;
  /** Whether there is a model to ask. */
  hasModel: boolean;
  memory: AgentMemory;
  /** Aborted when the task is cancelled or its time is over. */
  signal: AbortSignal;
  /** Throws a {@link CallError} when the tool fails, or is not one of the agent's. */
  callTool(name: string, args?: Record<string, unknown>): Promise<unknown>;
  /** Throws a {@link CallError} when no model answers or a budget is spent. */
  callAI(prompt: string, question?: string | Question): Promise<ModelAnswer>;
  /** Adds to a metric of the agent's own; counted when the stage is over. */
  updateMetric(name: string, add: number): Promise<void>;
}

/** A call that came to nothing. */
export class CallError extends Error {
  override readonly name = 'CallError';
  constructor(
    message: string,
    readonly category: string,
  ) {
    super(message);
  }
}

type Answered = Promise<unknown> | unknown;
export type Fields = Record<string, unknown>;

/** What a method needs a model for: not at all, to add something, or to work. */
export type ModelNeed = 'none' | 'optional' | 'required';

export interface MethodSource<Input extends z.ZodType> {
  description: string;
  input: Input;
  /** `none` by default. */
  model?: ModelNeed;
  run(input: z.output<Input>, context: AgentContext): Answered;
}

/** Something that an agent can be asked to do. */
export interface Method {
  description: string;
  input: z.ZodType;
  inputSchema: Fields;
  model: ModelNeed;
  run(input: unknown, context: AgentContext): Answered;
}

/** A method of an agent, typed by its input. */
export const defineMethod = <Input extends z.ZodType>({
  description,
  input,
  model = 'none',
  run,
}: MethodSource<Input>): Method => ({
  description,
  input,
  inputSchema: z.toJSONSchema(input, { io: 'input' }),
  model,
  run(given, context) {
    // It was checked when it was asked for; defaults are filled in here, and a preprocess may have changed it.
    const parsed = input.safeParse(given);
    if (!parsed.success) throw new CallError(sentenceOf(parsed.error), 'invalid_input');
    return run(parsed.data, context);
  },
});

/** What a schema found wrong, in one sentence. */
export const sentenceOf = ({ issues }: z.ZodError): string =>
  issues.map(({ path, message }) => [...path, message].join(' ')).join('; ');

/** Code for the stages of a task, in their order. */
export interface Hooks {
  onInitialize?(context: AgentContext): Answered;
  /** What it answers is the input from then on; nothing keeps it. */
  onPreprocess?(input: Fields, context: AgentContext): Answered;
  /** Instead of a method or the model: answers the output. */
  onExecute?(input: Fields, context: AgentContext): Answered;
  /** What it answers is the output; nothing keeps it. */
  onPostprocess?(result: unknown, context: AgentContext): Answered;
  onSuccess?(result: unknown, context: AgentContext): Answered;
  onError?(error: { category: string; message: string }, context: AgentContext): Answered;
  onShutdown?(context: AgentContext): Answered;
}

export interface AgentSource extends Hooks {
  name: string;
  /** Executions ask for it: `MARKET`. */
  type: string;
  description: string;
  /** Names of the tools that it is given when it is made; an organisation may change them. */
  tools?: string[];
  instruction?: { systemPrompt?: string; guidelines?: string[] };
  limits?: z.input<typeof Limits>;
  methods?: Record<string, Method>;
}

/** An agent whose code runs in the workers. */
export interface AgentDefinition {
  name: string;
  type: string;
  description: string;
  tools: string[];
  instruction: InstructionText | null;
  limits: Limits;
  methods: Record<string, Method>;
  hooks: Hooks;
}

/** An agent that every organisation gets, with its code. Throws a ZodError for a definition that cannot be one. */
export function defineAgent(source: AgentSource): AgentDefinition {
  const { name, type, description, tools = [], instruction, limits = {}, methods = {}, ...hooks } = source;
  for (const method of Object.keys(methods)) MethodName.parse(method);
  return {
    name: Name.parse(name),
    type: Name.parse(type),
    description,
    tools: z.array(ToolName).parse(tools),
    instruction: instruction ? InstructionText.parse(instruction) : null,
    limits: Limits.parse(limits),
    methods,
    hooks,
  };
}
