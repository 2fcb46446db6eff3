import type { Client } from '@temporalio/client';
import type { z } from 'zod';
import type { Config } from '../config.js';
import type { Database } from '../db/database.js';
import type { Starter } from '../engine/starter.js';
import type { Log } from '../log.js';
import type { GuardedFetch } from '../outbound/guarded-fetch.js';
import type { AgentDefinition } from '../plugin/define-agent.js';
import { defineTool, type ToolContext, type ToolDefinition, type ToolSource } from '../plugin/define-tool.js';
import type { Scheduling } from '../schedules/scheduling.js';
import type { Vault } from '../secrets/vault.js';

/** Something that is sent to a URL in the name of an organisation. */
export interface ToSign {
  orgId: string;
  /** The same on every attempt. */
  id: string;
  at: Date;
  body: string;
}

export interface ToolQuestion {
  prompt: string;
  system: string;
  /** JSON Schema of what shall be answered. */
  schema?: Record<string, unknown>;
  /** Breaks the question off. */
  signal: AbortSignal;
}

/** What a tool that comes along may use besides what every tool is told. */
export interface BuiltinContext extends ToolContext {
  database: Database;
  client: Client;
  starter: Starter;
  scheduling: Scheduling;
  config: Config;
  log: Log;
  vault: Vault;
  /** To what others name. */
  fetch: GuardedFetch;
  /** The same for documents, which are larger. */
  download: GuardedFetch;
  /** The headers by which a receiver knows who sent a body (standardwebhooks.com). */
  sign(what: ToSign): Promise<Record<string, string>>;
  /** The agents whose code is here. */
  agents: readonly AgentDefinition[];
  /**
   * One question to the model of the agent, counted and budgeted as the call's task; asked again as a model's failures
   * allow. Throws a `CallError` whose category says why there is no answer.
   */
  askModel(question: ToolQuestion): Promise<{ text: string; data: unknown }>;
  /** The answer of another of the agent's tools, checked as if the model had called it. */
  callTool(name: string, args: unknown): Promise<unknown>;
  /** Milliseconds since 1970. */
  now: () => number;
}

export type BuiltinTool = ToolDefinition<BuiltinContext>;

/** A tool that comes with Mainspring. */
export const defineBuiltin = <Input extends z.ZodType>(
  source: ToolSource<Input, BuiltinContext>,
): BuiltinTool => defineTool<Input, BuiltinContext>(source);
