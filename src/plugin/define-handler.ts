import { z } from 'zod';
import { HandlerName } from '../schemas/handler.js';
import { Priority } from '../schemas/task.js';
import { type AgentContext, CallError, type Fields, type ModelNeed, sentenceOf } from './define-agent.js';
import type { ToolContext, ToolDefinition } from './define-tool.js';

/** A message as a handler is given it. */
export interface HandledMessage<Payload = Fields> {
  id: string;
  topic: string | null;
  from: string;
  type: string;
  payload: Payload;
  /** Unix time in seconds. */
  timestamp: number;
  replyTo: string | null;
  /** The message that this one answers. */
  inReplyTo: string | null;
}

type PriorityName = z.input<typeof Priority>;
type Answered = Promise<unknown> | unknown;

interface HandlerBase<Payload extends z.ZodType<object>> {
  /** As agents name it: `a-z 0-9 _ -`. */
  name: string;
  description: string;
  /** A message whose payload is another one fails at once. */
  payload: Payload;
  /** Whose turn its executions are: 1, 3, 5, 7, 9 or a name of these; 5 by default. */
  priority?: PriorityName | ((payload: z.output<Payload>) => PriorityName);
  /** Messages of one session remember what was said before. */
  sessionOf?(payload: z.output<Payload>): string | null | undefined;
  userOf?(payload: z.output<Payload>): string | null | undefined;
}

/** A handler either says what the agent's model is asked, or has code that answers. */
export type HandlerSource<Payload extends z.ZodType<object>> = HandlerBase<Payload> &
  (
    | { prompt(message: HandledMessage<z.output<Payload>>): string }
    | {
        /** What it answers is the reply: an object, or what becomes its `content`; null: there is none. */
        run(message: HandledMessage<z.output<Payload>>, context: AgentContext): Answered;
        /** Whether the code needs a model; `none` by default. */
        model?: ModelNeed;
        /** That only this code may call, whatever tools the agent has. */
        tools?: ToolDefinition<ToolContext>[];
      }
  );

/** How a message is handled: by the agent's model, or by code. */
export type HandlerWork =
  | { kind: 'prompt'; prompt(message: HandledMessage): string }
  | {
      kind: 'code';
      run(message: HandledMessage, context: AgentContext): Answered;
      model: ModelNeed;
      tools: readonly ToolDefinition<ToolContext>[];
    };

/** What handles the messages of agents that name it. */
export interface HandlerDefinition {
  name: string;
  description: string;
  payload: z.ZodType<object>;
  priorityOf(payload: object): Priority;
  sessionOf(payload: object): string | null;
  userOf(payload: object): string | null;
  work: HandlerWork;
}

/** As sessions and users may be called. */
const LONGEST_NAME = 200;
const named = (name: string | null | undefined) => (name ? name.slice(0, LONGEST_NAME) : null);

/** A handler of messages. Throws a ZodError for a definition that cannot be one. */
export function defineHandler<Payload extends z.ZodType<object>>(
  source: HandlerSource<Payload>,
): HandlerDefinition {
  // Payloads reach these parsed with the schema that their type comes from.
  type Parsed = z.output<Payload>;
  const { priority = 5, sessionOf, userOf } = source;
  return {
    name: HandlerName.parse(source.name),
    description: z.string().min(1).max(2_000).parse(source.description),
    payload: source.payload,
    priorityOf: (payload) =>
      Priority.parse(typeof priority === 'function' ? priority(payload as Parsed) : priority),
    sessionOf: (payload) => named(sessionOf?.(payload as Parsed)),
    userOf: (payload) => named(userOf?.(payload as Parsed)),
    work: workOf(source),
  };
}

function workOf<Payload extends z.ZodType<object>>(source: HandlerSource<Payload>): HandlerWork {
  type Message = HandledMessage<z.output<Payload>>;
  if ('prompt' in source)
    return { kind: 'prompt', prompt: (message) => source.prompt(message as unknown as Message) };
  return {
    kind: 'code',
    model: source.model ?? 'none',
    tools: source.tools ?? [],
    run(message, context) {
      const parsed = source.payload.safeParse(message.payload);
      if (!parsed.success) throw new CallError(sentenceOf(parsed.error), 'invalid_input');
      return source.run({ ...message, payload: parsed.data } as unknown as Message, context);
    },
  };
}
