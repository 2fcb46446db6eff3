import { z } from 'zod';
import type { AgentDefinition, Method } from '../plugin/define-agent.js';
import type { HandledMessage } from '../plugin/define-handler.js';
import { type Catalogue, type CodedTool, definitionOf } from './catalogue.js';

/** No method of an agent is called so: nobody but a mailbox asks for the code of a handler. */
const PREFIX = 'handler/';

/** The method of a task whose message the code of a handler answers. */
export const handlerMethod = (name: string) => `${PREFIX}${name}`;

const handlerOf = ({ handlers }: Pick<Catalogue, 'handlers'>, method: string | null) =>
  method?.startsWith(PREFIX) ? handlers.get(method.slice(PREFIX.length)) : undefined;

/** Of a task that runs the code of a handler, a tool which that code brings along. */
export const toolOfHandler = (
  catalogue: Pick<Catalogue, 'handlers'>,
  method: string | null,
  name: string,
): CodedTool | undefined => handlerOf(catalogue, method)?.tools.get(name);

/** The code that a task runs: its agent's, or that of the handler of the message that it is for. */
export function codeOfTask(
  catalogue: Pick<Catalogue, 'agents' | 'handlers'>,
  agent: { definition: string | null },
  { method }: { method: string | null },
): AgentDefinition | undefined {
  const handler = handlerOf(catalogue, method)?.handler;
  if (method === null || handler?.work.kind !== 'code') return definitionOf(catalogue, agent);
  const { name, description, work } = handler;
  const handle: Method = {
    description,
    input: z.looseObject({}),
    inputSchema: { type: 'object' },
    model: work.model,
    // The input of such a task is the envelope that the mailbox wrote.
    run: (message, context) => work.run(message as HandledMessage, context),
  };
  return {
    ...{ name, type: name, description, tools: [], instruction: null, limits: {} },
    methods: { [method]: handle },
    hooks: {},
  };
}
