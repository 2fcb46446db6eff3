/** `mainspring/plugin`: what extends Mainspring by agents and tools with code of their own. */
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
export {
  defineTool,
  InvalidInput,
  type ToolContext,
  type ToolDefinition,
  type ToolParameter,
} from './define-tool.js';
