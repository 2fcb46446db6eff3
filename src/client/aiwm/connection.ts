import type { z } from 'zod';
import type {
  AgentConfig,
  AgentToken,
  HeartbeatAnswer,
  HeartbeatRequest,
} from '../../schemas/agent-connection.js';
import { MainspringError } from '../error.js';
import { createRequest, type Request } from '../request.js';
import type { AgentConnected, AIWMSettings } from './aiwm-options.js';
import { backoff, isAway } from './backoff.js';
import { debug } from './debug.js';
import { Loop } from './loop.js';

type Token = z.infer<typeof AgentToken>;

/** A token is changed for a new one when this part of its life is left: after 23 of 24 hours. */
const LEFT_AT_REFRESH = 1 / 24;
const SHORTEST_REFRESH_MS = 1_000;

function refreshDelay(expiresAt: string): number {
  const lifeMs = Date.parse(expiresAt) - Date.now();
  // A clock that is wrong by a day must not lead to a request after the other.
  return Math.max(SHORTEST_REFRESH_MS, lifeMs * (1 - LEFT_AT_REFRESH) || 0);
}

const hasNoAccess = (failure: unknown) => failure instanceof MainspringError && failure.status === 401;

/** An agent's connection: its token, kept fresh, and the calls that it is for. */
export class Connection {
  readonly #settings: AIWMSettings;
  readonly #request: Request;
  readonly #onOpened: (connected: AgentConnected) => void;
  readonly #refreshing = new Loop(() => this.#refresh(), { isUnref: true });
  #token: Token | null = null;
  #opening: Promise<AgentConnected> | null = null;
  #failedRefreshes = 0;
  #closing = new AbortController();
  context: string | undefined;

  constructor(settings: AIWMSettings, onOpened: (connected: AgentConnected) => void) {
    this.#settings = settings;
    this.#request = createRequest(settings);
    this.#onOpened = onOpened;
  }

  /** Aborted when it is closed. */
  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  /** Makes calls possible (again). */
  begin(): void {
    if (this.signal.aborted) this.#closing = new AbortController();
  }

  /** Connects with the secret, once; while that is under way, others get the same answer. */
  open(): Promise<AgentConnected> {
    this.#opening ??= this.#open().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  heartbeat(body: HeartbeatRequest, timeoutMs: number): Promise<z.infer<typeof HeartbeatAnswer>> {
    return this.call('POST', this.#path('/heartbeat'), { body, timeoutMs });
  }

  readConfig(): Promise<AgentConfig> {
    return this.call('GET', this.#path('/config'));
  }

  /** Ends all calls and tells the server that the agent leaves. The token is gone, whatever becomes of that. */
  async close(): Promise<void> {
    this.#closing.abort();
    const token = this.#token?.token;
    this.#token = null;
    await this.#refreshing.stop();
    if (token !== undefined) await this.#request('POST', this.#path('/disconnect'), { token });
  }

  #path(verb: string): string {
    return `/agents/${encodeURIComponent(this.#settings.agentId)}${verb}`;
  }

  async #open(): Promise<AgentConnected> {
    const { agentSecret: secret } = this.#settings;
    const body = { secret, ...(this.context !== undefined && { context: this.context }) };
    const { signal } = this;
    const connected = await this.#request<AgentConnected>('POST', this.#path('/connect'), { body, signal });
    debug('connect', 'connected', {
      configVersion: connected.configVersion,
      tools: connected.tools.length,
      expiresAt: connected.expiresAt,
    });
    this.#keep(connected);
    this.#onOpened(connected);
    return connected;
  }

  #keep({ token, expiresAt }: Token): void {
    this.#token = { token, expiresAt };
    this.#failedRefreshes = 0;
    this.#refreshing.start(refreshDelay(expiresAt));
  }

  /** Runs a call with the token; where that is not taken (any more), with one from connecting anew. */
  readonly call: Request = async <Answer>(
    method: Parameters<Request>[0],
    path: string,
    call: Parameters<Request>[2] = {},
  ): Promise<Answer> => {
    const signal = call.signal ? AbortSignal.any([call.signal, this.signal]) : this.signal;
    const { token } = this.#token ?? (await this.open());
    try {
      return await this.#request<Answer>(method, path, { ...call, token, signal });
    } catch (failure) {
      if (!hasNoAccess(failure)) throw failure;
      debug('token', 'the token is not taken any more');
      // Another call may have connected anew meanwhile.
      if (this.#token?.token === token) this.#token = null;
      const { token: next } = this.#token ?? (await this.open());
      return this.#request<Answer>(method, path, { ...call, token: next, signal });
    }
  };

  /** Answers in how many ms to refresh again. */
  async #refresh(): Promise<number> {
    const token = this.#token?.token;
    // The next call connects anew, and that begins this again.
    if (token === undefined) return this.#settings.slowRetryMs;
    try {
      const fresh = await this.#request<Token>('POST', this.#path('/token/refresh'), {
        token,
        signal: this.signal,
      });
      debug('token', 'refreshed', { expiresAt: fresh.expiresAt });
      // Not when the client was disconnected, or connected anew, meanwhile.
      if (this.#token?.token === token) this.#token = { token: fresh.token, expiresAt: fresh.expiresAt };
      this.#failedRefreshes = 0;
      return refreshDelay(fresh.expiresAt);
    } catch (failure) {
      if (!(failure instanceof MainspringError)) return this.#settings.slowRetryMs;
      debug('token', 'could not be refreshed', { code: failure.code, status: failure.status });
      if (failure.status === 401 && this.#token?.token === token) this.#token = null;
      return isAway(failure) ? backoff(++this.#failedRefreshes, failure) : this.#settings.slowRetryMs;
    }
  }
}
