import type { AgentConfig } from '../../schemas/agent-connection.js';
import { MainspringError } from '../error.js';
import { Inbox } from '../inbox.js';
import { Messages } from '../messages.js';
import { InboxLoop, type MessageHandler, type MessageLoop, type OnMessageOptions } from '../on-message.js';
import { rest } from '../request.js';
import {
  type AgentConnected,
  type AIWMOptions,
  type AIWMSettings,
  type AIWMState,
  type AIWMStatus,
  type CachedAgentConfig,
  completeAiwmOptions,
  isEnabled,
} from './aiwm-options.js';
import { backoff, isAway } from './backoff.js';
import { readCached, writeCached } from './cached-config.js';
import { Connection } from './connection.js';
import { debug } from './debug.js';
import { Heartbeats } from './heartbeats.js';

export interface ConnectOptions {
  /** Which context instructions are merged in. */
  context?: string;
  /** While the server is away, answers the configuration of last time at once, if there is one. */
  allowCached?: boolean;
}

/** Null only where the client may be disabled: `enabled` false, or left to `AIWM_ENABLED`. */
type UnlessDisabled<Answer, Enabled extends boolean> = Enabled extends true ? Answer : Answer | null;

/** Runs what somebody gave; whatever it does, the client goes on. */
function call(name: string, run: () => unknown): void {
  const tell = () => debug('callback', `${name} failed`);
  try {
    Promise.resolve(run()).catch(tell);
  } catch {
    tell();
  }
}

function stateOf(failure: MainspringError): AIWMState | null {
  if (isAway(failure)) return 'away';
  if (failure.code === 'agent_suspended') return 'suspended';
  return [401, 403, 404].includes(failure.status) ? 'refused' : null;
}

/**
 * An agent's side of Mainspring, for Node and browsers: connects, keeps the token and the configuration fresh,
 * heartbeats, and hears what the agent is to do.
 *
 * @example
 * const aiwm = new AIWMClient({ enabled: true, agentId: '…', agentSecret: 'mas_…' });
 * const config = await aiwm.connect();
 * console.log(config.instruction, config.tools.map((tool) => tool.name));
 * aiwm.startHeartbeat(60_000);
 */
export class AIWMClient<Enabled extends boolean = boolean> {
  readonly #options: AIWMOptions<boolean>;
  readonly #settings: AIWMSettings | null;
  #parts: { connection: Connection; heartbeats: Heartbeats } | null = null;
  #state: AIWMState = 'disconnected';
  #config: AgentConfig | null = null;
  #reading: Promise<void> | null = null;
  readonly #loops = new Set<MessageLoop>();

  /** Throws a TypeError when it is enabled and the agent's id or secret is neither given nor in the environment. */
  constructor(options: AIWMOptions<Enabled> = {}) {
    this.#options = options;
    this.#settings = isEnabled(options) ? completeAiwmOptions(options) : null;
    if (this.#settings) this.#parts = this.#assemble(this.#settings);
  }

  /** The configuration that holds now; null before the first one. */
  get config(): AgentConfig | null {
    return this.#config;
  }

  get state(): AIWMState {
    return this.#state;
  }

  /**
   * Connects and answers what the agent is to work with. Tries again while the server is away; throws a
   * `MainspringError` when that took too long, or at once when it is refused: 401 wrong secret, 404 unknown agent,
   * 403 `agent_suspended`. Null when the client is disabled. `disconnect()` meanwhile ends it with an `AbortError`.
   */
  connect(
    options?: ConnectOptions & { allowCached?: false },
  ): Promise<UnlessDisabled<AgentConnected, Enabled>>;
  connect(options: ConnectOptions): Promise<UnlessDisabled<AgentConnected | CachedAgentConfig, Enabled>>;
  async connect(options: ConnectOptions = {}): Promise<AgentConnected | CachedAgentConfig | null> {
    if (!this.#settings || !this.#parts) return null;
    const { connection } = this.#parts;
    connection.context = options.context;
    connection.begin();
    const { signal } = connection;
    for (let attempt = 1; ; attempt++) {
      try {
        return await connection.open();
      } catch (failure) {
        if (!(failure instanceof MainspringError)) throw failure;
        debug('connect', 'failed', { code: failure.code, status: failure.status, attempt });
        this.#fail(failure);
        if (!isAway(failure)) throw failure;
        const cached = options.allowCached ? await this.#lastKnown(this.#settings) : null;
        if (cached) return cached;
        if (attempt > this.#settings.connectRetries) throw failure;
        await rest(backoff(attempt, failure), signal);
      }
    }
  }

  /**
   * Begins to send heartbeats, the first at once. Never throws, and waits for nothing: what goes wrong is told by
   * `onState`, and tried again. Without a connection the first one makes it. Without an interval it is the one that the
   * agent's configuration says (60 s by default), also when that changes.
   */
  startHeartbeat(intervalMs?: number): void {
    this.#parts?.heartbeats.start(intervalMs);
  }

  /** What heartbeats tell from the next one on. */
  setStatus(status: AIWMStatus): void {
    if (this.#parts) this.#parts.heartbeats.status = status;
  }

  /** Counts a call of a tool. Counts go out with the next heartbeat; twice, should its answer be lost. */
  recordToolUse(name: string, hasSucceeded: boolean): void {
    this.#parts?.heartbeats.tally.recordToolUse(name, hasSucceeded);
  }

  /** Counts a piece of work, for the instruction variants that the agent works with. */
  recordOutcome(hasSucceeded: boolean): void {
    this.#parts?.heartbeats.tally.recordOutcome(hasSucceeded);
  }

  /**
   * Has a function handle the agent's messages as they come, until it is stopped or the client disconnects: its answer
   * is the reply, what it throws refuses the message. Leases of long ones are extended; an outage of the server is
   * waited out. Without a connection the first call makes it. A disabled client does nothing.
   */
  onMessage(handler: MessageHandler, options: OnMessageOptions = {}): MessageLoop {
    if (!this.#settings || !this.#parts) return { stop: async () => undefined };
    const { connection } = this.#parts;
    connection.begin();
    const { agentId, slowRetryMs } = this.#settings;
    const loop = new InboxLoop(new Inbox(connection.call, agentId), handler, { slowRetryMs, ...options });
    this.#loops.add(loop);
    return {
      stop: async () => {
        await loop.stop();
        this.#loops.delete(loop);
      },
    };
  }

  /** Messages as this agent: `send`, `publish`, and what became of those it sent. Null when the client is disabled. */
  get messages(): UnlessDisabled<Pick<Messages, 'send' | 'publish' | 'get' | 'wait'>, Enabled> {
    const messages = this.#parts && new Messages(this.#parts.connection.call);
    return messages as UnlessDisabled<Messages, Enabled>;
  }

  /**
   * Ends heartbeats, message handling (what is under way is done first) and connection, and tells the server if it can be
   * told. Never throws; `connect()` begins anew.
   */
  async disconnect(): Promise<void> {
    if (!this.#parts) return;
    const { connection, heartbeats } = this.#parts;
    await Promise.all([...this.#loops].map((loop) => loop.stop()));
    this.#loops.clear();
    await heartbeats.stop();
    await connection.close().catch((failure: unknown) => {
      const code = failure instanceof MainspringError ? failure.code : null;
      debug('connect', 'the server could not be told', { code });
    });
    this.#tell('disconnected');
  }

  #assemble(settings: AIWMSettings) {
    const { metrics, unref = false, onCommand, onError } = this.#options;
    const connection = new Connection(settings, ({ token: _, expiresAt: __, ...config }) => {
      this.#tell('connected');
      this.#keep(config);
    });
    const heartbeats = new Heartbeats({
      settings,
      connection,
      metrics,
      isUnref: unref,
      expectedMs: () => this.#config?.heartbeat?.intervalMs,
      onAnswer: (version) => this.#heard(connection, version),
      onCommand: (command) => {
        debug('heartbeat', 'told', { command });
        call('onCommand', () => onCommand?.(command));
      },
      onFailure: (failure) => {
        this.#fail(failure);
        call('onError', () => onError?.(failure));
      },
    });
    return { connection, heartbeats };
  }

  async #lastKnown({ agentId }: AIWMSettings): Promise<CachedAgentConfig | null> {
    const config = await readCached(this.#options.cache, agentId);
    if (!config) return null;
    debug('config', 'works with the configuration of last time', { configVersion: config.configVersion });
    this.#config = config;
    return { ...config, token: null, expiresAt: null };
  }

  /** Whatever has changed is read beside the heartbeats, which must not wait for it. */
  #heard(connection: Connection, configVersion: number): void {
    this.#tell('connected');
    if (configVersion === this.#config?.configVersion) return;
    this.#reading ??= connection
      .readConfig()
      .then((config) => this.#keep(config))
      .catch(() => debug('config', 'cannot be read; the next heartbeat tries again', { configVersion }))
      .finally(() => {
        this.#reading = null;
      });
  }

  #keep(config: AgentConfig): void {
    const before = this.#config;
    this.#config = config;
    if (before?.configVersion === config.configVersion) return;
    debug('config', 'new', { configVersion: config.configVersion });
    void writeCached(this.#options.cache, config);
    if (before) call('onConfigChange', () => this.#options.onConfigChange?.(config));
  }

  #fail(failure: MainspringError): void {
    const state = stateOf(failure);
    if (state) this.#tell(state, failure);
  }

  #tell(state: AIWMState, failure?: MainspringError): void {
    if (state === this.#state) return;
    this.#state = state;
    debug('connect', 'is now', { state, code: failure?.code });
    call('onState', () => this.#options.onState?.(state, failure));
  }
}
