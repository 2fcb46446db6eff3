import type { z } from 'zod';
import type { AgentConfig, ConnectAnswer } from '../../schemas/agent-connection.js';
import type { MainspringError } from '../error.js';
import { fromEnvironment, ownFetch, type Settings, trimmed } from '../options.js';

/** What an agent works with, and the token of its connection. */
export type AgentConnected = z.infer<typeof ConnectAnswer>;

/** What it worked with last time, kept on its own machine: there is no connection behind it yet. */
export type CachedAgentConfig = AgentConfig & { token: null; expiresAt: null };

/** How an agent tells that it is, besides being there. */
export type AIWMStatus = 'online' | 'busy' | 'idle';

/**
 * How it stands with the server: `away` while there is no answer, `suspended` by an administrator, `refused` when the
 * agent or its secret is not known (any more). In all three the client goes on trying.
 */
export type AIWMState = 'disconnected' | 'connected' | 'away' | 'suspended' | 'refused';

/** What somebody wants the agent to do. */
export type AIWMCommand = 'pause' | 'resume' | 'stop';

/** Keeps the last configuration as text, such as in a file that only the agent can read: it holds its secrets. */
export interface ConfigCache {
  get(): string | null | undefined | Promise<string | null | undefined>;
  set(text: string): unknown;
}

export type Metrics = Record<string, number>;

export interface AIWMOptions<Enabled extends boolean = boolean> {
  /** False makes the client do nothing at all. `AIWM_ENABLED`, else true. */
  enabled?: Enabled;
  /** `AIWM_BASE_URL`, else `http://localhost:3000`. */
  baseUrl?: string;
  /** `AIWM_AGENT_ID`. */
  agentId?: string;
  /** `AIWM_AGENT_SECRET`. */
  agentSecret?: string;
  /** Limit for one request in ms, 10,000 by default. A heartbeat is given no longer than its interval. */
  timeoutMs?: number;
  /** How often `connect()` tries again while the server is away, 10 by default: about two and a half minutes. */
  retries?: number;
  /** How often a suspended or refused agent tries again, in ms, 60,000 by default. */
  slowRetryMs?: number;
  /** Lets a Node process end though heartbeats go on. */
  unref?: boolean;
  /** Numbers that each heartbeat carries, such as `{ cpu, memory, activeConnections }`; it may take a second. */
  metrics?: () => Metrics | Promise<Metrics>;
  /** Where the last configuration is kept for `connect({ allowCached: true })`. */
  cache?: ConfigCache;
  /** Called with a configuration that differs from the one before. */
  onConfigChange?: (config: AgentConfig) => unknown;
  /** Called once when somebody pauses, resumes or stops the agent. */
  onCommand?: (command: AIWMCommand) => unknown;
  /** Called when the state changes, with what caused it. */
  onState?: (state: AIWMState, failure?: MainspringError) => unknown;
  /** Called with each heartbeat's failure; there is a next one. */
  onError?: (failure: MainspringError) => unknown;
  /** Sends the requests; the platform's own `fetch` by default. */
  fetch?: typeof fetch;
}

export interface AIWMSettings extends Settings {
  agentId: string;
  agentSecret: string;
  connectRetries: number;
  slowRetryMs: number;
}

const DISABLING = /^(?:false|0|no|off)$/i;

export function isEnabled({ enabled }: AIWMOptions): boolean {
  return enabled ?? !DISABLING.test(fromEnvironment('AIWM_ENABLED')?.trim() ?? '');
}

function required(value: string | undefined, name: string, variable: string): string {
  const found = value ?? fromEnvironment(variable);
  if (found) return found;
  throw new TypeError(`${name} is missing: give it, set ${variable}, or disable with enabled: false`);
}

/** Throws a TypeError where the agent or its secret is missing. */
export function completeAiwmOptions(options: AIWMOptions): AIWMSettings {
  return {
    baseUrl: trimmed(options.baseUrl ?? fromEnvironment('AIWM_BASE_URL') ?? 'http://localhost:3000'),
    agentId: required(options.agentId, 'agentId', 'AIWM_AGENT_ID'),
    agentSecret: required(options.agentSecret, 'agentSecret', 'AIWM_AGENT_SECRET'),
    fetch: options.fetch ?? ownFetch(),
    timeoutMs: options.timeoutMs ?? 10_000,
    connectRetries: options.retries ?? 10,
    slowRetryMs: options.slowRetryMs ?? 60_000,
    // Each call is tried once; when to try again is decided where it is known why.
    retries: 0,
    apiKey: undefined,
    token: undefined,
  };
}
