import type { ModelMessage } from 'ai';
import type { Provider } from './provider-table.js';

export type { Provider } from './provider-table.js';

/** A model that may be asked, and with whose key. */
export interface Candidate {
  provider: Provider;
  model: string;
  apiKey: string | null;
  /** Undefined: the provider's own. */
  baseUrl: string | undefined;
  /** Named by an agent's settings rather than by the operator: reached through the outbound guard only. */
  isGuarded: boolean;
  /** Whether it takes the JSON Schema of an answer; otherwise it is told in words. */
  takesSchema: boolean;
}

/** What an agent says about its models. */
export interface ModelWish {
  /** `gemini-2.0-flash`, or with its provider `openai/gpt-4`. */
  model: string | null;
  /** Opened: it may hold keys of its own. */
  environment: Record<string, string>;
}

export interface OfferedTool {
  name: string;
  description: string;
  /** JSON Schema. */
  inputSchema: Record<string, unknown>;
}

export interface ModelRequest {
  system: string | null;
  messages: ModelMessage[];
  tools: OfferedTool[];
  /** JSON Schema of what is to be answered instead of text. */
  schema?: Record<string, unknown> | undefined;
  temperature?: number | undefined;
  /** In tokens. */
  maxOutput: number;
  signal: AbortSignal;
  /** Called with the text as it comes. */
  onText?: ((delta: string) => void) | undefined;
}

export interface ModelReply {
  text: string;
  /** What was answered to a schema, parsed. */
  data: unknown;
  toolCalls: { id: string; name: string; input: unknown }[];
  /** To be appended to the conversation. */
  messages: ModelMessage[];
  usage: { input: number; output: number };
  /** As the provider calls it. */
  model: string;
}

export type { TokenPrice as Price } from '../domain/model-cost.js';
