import type { HeartbeatRequest } from '../../schemas/agent-connection.js';
import { debug } from './debug.js';

/** What one heartbeat tells of the agent's work. */
export type Counts = Pick<HeartbeatRequest, 'toolUse' | 'outcomes'>;
type Outcomes = NonNullable<HeartbeatRequest['outcomes']>;

/** As the server takes them. */
const TOOL_NAME = /^[A-Za-z0-9._-]{1,64}$/;
const MOST_TOOLS = 200;
const MOST = 1_000_000;

function add(to: Outcomes | undefined, more: Outcomes): Outcomes {
  const { succeeded, failed } = to ?? { succeeded: 0, failed: 0 };
  return {
    succeeded: Math.min(MOST, succeeded + more.succeeded),
    failed: Math.min(MOST, failed + more.failed),
  };
}

const one = (hasSucceeded: boolean): Outcomes => ({
  succeeded: hasSucceeded ? 1 : 0,
  failed: hasSucceeded ? 0 : 1,
});

/** Counts calls of tools and outcomes until a heartbeat has carried them away. */
export class Tally {
  readonly #tools = new Map<string, Outcomes>();
  #outcomes: Outcomes | undefined;

  get isEmpty(): boolean {
    return this.#tools.size === 0 && this.#outcomes === undefined;
  }

  recordToolUse(name: string, hasSucceeded: boolean): void {
    if (TOOL_NAME.test(name)) this.#tools.set(name, add(this.#tools.get(name), one(hasSucceeded)));
    else debug('heartbeat', 'a tool whose name cannot be one is not counted');
  }

  recordOutcome(hasSucceeded: boolean): void {
    this.#outcomes = add(this.#outcomes, one(hasSucceeded));
  }

  /** What was counted, as much of it as one heartbeat may carry. */
  take(): Counts {
    const names = [...this.#tools].slice(0, MOST_TOOLS);
    for (const [name] of names) this.#tools.delete(name);
    const outcomes = this.#outcomes;
    this.#outcomes = undefined;
    return {
      ...(names.length > 0 && { toolUse: Object.fromEntries(names) }),
      ...(outcomes && { outcomes }),
    };
  }

  /** Adds what a heartbeat could not deliver to what was counted since. */
  giveBack({ toolUse = {}, outcomes }: Counts): void {
    for (const [name, counted] of Object.entries(toolUse)) {
      this.#tools.set(name, add(this.#tools.get(name), counted));
    }
    if (outcomes) this.#outcomes = add(this.#outcomes, outcomes);
  }
}
