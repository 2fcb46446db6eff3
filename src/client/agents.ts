import type { z } from 'zod';
import type { Agent, AgentChange, AgentFilter, AgentRequest } from '../schemas/agent.js';
import type { AgentAnalytics, AgentSession, Credentials, Regeneration } from '../schemas/agent-connection.js';
import type { Event } from '../schemas/event.js';
import type { Listing } from './listing.js';
import { type ChangeOptions, Registry, type Versioned } from './registry.js';
import type { CallOptions, Exchange } from './request.js';

/** An agent as it is asked for. */
export type NewAgent = z.input<typeof AgentRequest>;
export type AgentPatch = z.input<typeof AgentChange>;
export type AgentCredentials = z.infer<typeof Credentials>;

/** The agents of an organisation. Changing them takes an admin token; reading, and the lifecycle, also a key. */
export class Agents extends Registry<Agent, NewAgent, AgentPatch, AgentFilter> {
  readonly #exchange: Exchange;

  constructor(exchange: Exchange) {
    super(exchange, { one: 'agent', many: 'agents' });
    this.#exchange = exchange;
  }

  /** Refuses its connects and tokens from now on: 403 `agent_suspended`. */
  suspend(id: string, options?: ChangeOptions): Promise<Versioned<Agent>> {
    return this.act(id, '/suspend', options);
  }

  /** Ends a suspension. */
  activate(id: string, options?: ChangeOptions): Promise<Versioned<Agent>> {
    return this.act(id, '/activate', options);
  }

  /** Each of these four throws `wrong_state` (409) where its lifecycle does not allow it. */
  start(id: string, options?: ChangeOptions): Promise<Versioned<Agent>> {
    return this.act(id, '/start', options);
  }

  pause(id: string, options?: ChangeOptions): Promise<Versioned<Agent>> {
    return this.act(id, '/pause', options);
  }

  resume(id: string, options?: ChangeOptions): Promise<Versioned<Agent>> {
    return this.act(id, '/resume', options);
  }

  stop(id: string, options?: ChangeOptions): Promise<Versioned<Agent>> {
    return this.act(id, '/stop', options);
  }

  /**
   * Makes a new secret, shown this once, with a complete .env and an install script. The old one and its tokens end
   * at once, or after `overlap`, such as `"1h"`.
   */
  async regenerateCredentials(
    id: string,
    regeneration: z.input<typeof Regeneration> = {},
    options: CallOptions = {},
  ): Promise<AgentCredentials> {
    const call = { body: regeneration, once: true, ...options };
    return (await this.#exchange<AgentCredentials>('POST', this.path(id, '/credentials/regenerate'), call))
      .body;
  }

  /** What its container wrote: the last lines, 200 by default. Throws `wrong_state` (409) where it has none. */
  async logs(
    id: string,
    { tail, since }: { tail?: number; since?: Date } = {},
    options: CallOptions = {},
  ): Promise<string> {
    const call = { query: { tail, since: since?.toISOString() }, ...options };
    return (await this.#exchange<string>('GET', this.path(id, '/logs'), call)).body;
  }

  /** Its connections, newest first. */
  history(
    id: string,
    filter: { limit?: number } = {},
    options?: CallOptions,
  ): Listing<z.infer<typeof AgentSession>> {
    return this.pages(this.path(id, '/history'), 'sessions', filter, options);
  }

  /** What happened to it. */
  events(id: string, filter: { limit?: number } = {}, options?: CallOptions): Listing<Event> {
    return this.pages(this.path(id, '/events'), 'events', filter, options);
  }

  /** Uptime, sessions, missed heartbeats, use of tools and variants' outcomes in a period, 24 h by default. */
  async analytics(
    id: string,
    filter: { period?: '1h' | '24h' | '7d' | '30d' } = {},
    options: CallOptions = {},
  ): Promise<AgentAnalytics> {
    const call = { query: filter, ...options };
    return (await this.#exchange<AgentAnalytics>('GET', this.path(id, '/analytics'), call)).body;
  }
}
