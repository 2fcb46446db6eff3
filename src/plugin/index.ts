/** `mainspring/plugin`: what extends Mainspring by agents, handlers of messages and tools with code of their own. */
export {
  type AgentContext,
  type AgentDefinition,
  type AgentMemory,
  CallError,
  defineAgent,
  defineMethod,
  type Hooks,
  type ModelAnswer,
  type Question,
} from './define-agent.js';
export { defineHandler, type HandledMessage, type HandlerDefinition } from './define-handler.js';
export {
  defineTool,
  InvalidInput,
  type ToolContext,
  type ToolDefinition,
  type ToolParameter,
} from './define-tool.js';
