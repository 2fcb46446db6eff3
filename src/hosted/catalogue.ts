import { z } from 'zod';
import type { AgentDefinition, Method } from '../plugin/define-agent.js';
import { defineMethod } from '../plugin/define-agent.js';
import type { HandlerDefinition } from '../plugin/define-handler.js';
import type { ToolDefinition } from '../plugin/define-tool.js';
import { Prompt } from '../schemas/task.js';
import type { BuiltinTool } from '../tools/builtin.js';

/** A tool whose code is here: one that comes along, or a plugin's, which gets less. */
export type CodedTool = { kind: 'builtin'; tool: BuiltinTool } | { kind: 'plugin'; tool: ToolDefinition };

/** A handler of messages, with the tools that only its own code may call. */
export interface CodedHandler {
  handler: HandlerDefinition;
  tools: ReadonlyMap<string, CodedTool>;
}

/** The agents, tools and handlers whose code this process has. */
export interface Catalogue {
  agents: readonly AgentDefinition[];
  tools: ReadonlyMap<string, CodedTool>;
  handlers: ReadonlyMap<string, CodedHandler>;
}

/** What every agent can be asked: a prompt, which its model answers. */
export const PROMPT_METHOD = 'prompt';
const promptMethod: Method = defineMethod({
  description: 'Asks the agent: its model answers, with its tools',
  input: z.strictObject({ prompt: Prompt }),
  model: 'required',
  // Asking is what a task does by itself: its conversation.
  run: () => undefined,
});

/** Something that an agent can be asked to do, as people read it. */
export interface OfferedMethod {
  name: string;
  method: Method;
}

/** The code of an agent, where it has some here. */
export const definitionOf = (
  { agents }: Pick<Catalogue, 'agents'>,
  agent: { definition: string | null },
): AgentDefinition | undefined => agents.find(({ name }) => name === agent.definition);

/** What an agent can be asked to do. One with code for the whole of it takes any method. */
export function methodsOf(definition: AgentDefinition | undefined): OfferedMethod[] {
  const own = Object.entries(definition?.methods ?? {}).map(([name, method]) => ({ name, method }));
  return own.some(({ name }) => name === PROMPT_METHOD)
    ? own
    : [...own, { name: PROMPT_METHOD, method: promptMethod }];
}
