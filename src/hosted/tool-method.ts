import type { Fields, Method } from '../plugin/define-agent.js';
import type { BuiltinTool } from '../tools/builtin.js';

/** A method that is a call of one of the agent's tools, with the tool's arguments as its input. */
export const toolMethod = (
  { name, description, input, inputSchema }: BuiltinTool,
  model: Method['model'] = 'none',
): Method => ({
  description,
  input,
  inputSchema,
  model,
  // The input was parsed with the tool's schema, which is of an object.
  run: (given, context) => context.callTool(name, given as Fields),
});
