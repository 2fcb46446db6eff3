import type { z } from 'zod';
import type {
  Instruction,
  InstructionChange,
  InstructionFilter,
  InstructionRequest,
} from '../schemas/instruction.js';
import type { ServiceStatus } from '../schemas/service-status.js';
import type { Statistics } from '../schemas/statistics.js';
import type { Tool, ToolChange, ToolFilter, ToolRequest } from '../schemas/tool.js';
import { AgentService, type TaskResult, type WaitOptions } from './agent-service.js';
import { Agents } from './agents.js';
import { ApiKeys } from './api-keys.js';
import { Brokers } from './brokers.js';
import { Deliveries } from './deliveries.js';
import { createStreams } from './event-stream.js';
import { Events } from './events.js';
import { Executions } from './executions.js';
import { Health } from './health.js';
import { Memories } from './memories.js';
import { Messages } from './messages.js';
import { completeOptions, type MainspringOptions } from './options.js';
import { Registry } from './registry.js';
import {
  type CallOptions,
  type CreateOptions,
  createExchange,
  createRequest,
  type Request,
} from './request.js';
import { Schedules } from './schedules.js';
import { Subscriptions } from './subscriptions.js';
import { type NewTask, Tasks } from './tasks.js';
import { Timers } from './timers.js';
import { WebhookSecrets } from './webhook-secret.js';

export type NewTool = z.input<typeof ToolRequest>;
export type ToolPatch = z.input<typeof ToolChange>;
export type NewInstruction = z.input<typeof InstructionRequest>;
export type InstructionPatch = z.input<typeof InstructionChange>;

/**
 * The API as methods, for Node and browsers.
 *
 * Requests that are safe to repeat are repeated when no answer came, and all are on 429 and 503, after what
 * `Retry-After` asks for; a bounded number of times, and never after a wait of more than a minute. Every failure is a
 * `MainspringError`.
 *
 * @example
 * const client = new MainspringClient({ apiKey: 'mnt_…' });
 * const timer = await client.timers.create({
 *   tenantId: 'worker-1', requestedBy: 'worker-1', name: 'call me back', duration: '15m',
 *   actionBundle: { actions: [{ type: 'webhook', url: 'https://worker.example.com/hook' }] },
 * });
 */
export class MainspringClient {
  readonly timers: Timers;
  readonly deliveries: Deliveries;
  readonly events: Events;
  readonly subscriptions: Subscriptions;
  readonly webhookSecret: WebhookSecrets;
  readonly tasks: Tasks;
  readonly messages: Messages;
  readonly memories: Memories;
  readonly schedules: Schedules;
  readonly brokers: Brokers;
  readonly executions: Executions;
  readonly agents: Agents;
  readonly tools: Registry<Tool, NewTool, ToolPatch, ToolFilter>;
  readonly instructions: Registry<Instruction, NewInstruction, InstructionPatch, InstructionFilter>;
  readonly apiKeys: ApiKeys;
  readonly health: Health;
  readonly #agentService: AgentService;
  readonly #request: Request;

  constructor(options: MainspringOptions = {}) {
    const settings = completeOptions(options);
    const request = createRequest(settings);
    this.#request = request;
    // What takes keys only would refuse a token even where no credential is needed: in development, on this machine.
    const asProgram = { ...settings, token: undefined };
    const keyed = createRequest(asProgram);
    const asAdmin = settings.token === undefined ? settings : { ...settings, apiKey: undefined };
    const exchange = createExchange(asAdmin);
    this.timers = new Timers(keyed);
    this.deliveries = new Deliveries(keyed);
    this.events = new Events(keyed, createStreams(asProgram));
    this.subscriptions = new Subscriptions(keyed);
    this.webhookSecret = new WebhookSecrets(keyed);
    this.tasks = new Tasks(request, createStreams(settings));
    this.#agentService = new AgentService(request, this.tasks);
    this.messages = new Messages(request);
    this.memories = new Memories(request);
    this.schedules = new Schedules(createExchange(settings));
    this.brokers = new Brokers(createRequest(asAdmin));
    this.executions = new Executions(request);
    this.agents = new Agents(exchange);
    this.tools = new Registry(exchange, { one: 'tool', many: 'tools' });
    this.instructions = new Registry(exchange, { one: 'instruction', many: 'instructions' });
    this.apiKeys = new ApiKeys(createRequest(asAdmin));
    this.health = new Health(createRequest({ ...settings, retries: 0 }));
  }

  /** Gives an agent a task and answers its id as soon as it is durable. `tasks` has more. */
  submitTask(task: NewTask, options: CreateOptions = {}): Promise<string> {
    return this.#agentService.submitTask(task, options);
  }

  /** The same, and waits for what it comes to. Null when the time is up first: the task goes on. */
  submitAndWait(task: NewTask, options: WaitOptions = {}): Promise<TaskResult | null> {
    return this.#agentService.submitAndWait(task, options);
  }

  /** How many tasks wait and run, how many more could start, and how many schedules are enabled. */
  getStatus(options: CallOptions = {}): Promise<ServiceStatus> {
    return this.#agentService.getStatus(options);
  }

  /** What happened in a period (24 h by default), in about 60 parts of it and in all. */
  statistics(
    filter: { period?: '1h' | '24h' | '7d' | '30d' } = {},
    options: CallOptions = {},
  ): Promise<Statistics> {
    return this.#request('GET', '/statistics', { query: filter, ...options });
  }
}
