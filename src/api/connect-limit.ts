import { RateLimiterMemory } from 'rate-limiter-flexible';
import { ApiProblem } from './problem.js';
import { consume, secondsLeft } from './rate-limit.js';

const ATTEMPTS_PER_MINUTE = 30;

/** Keeps one address from trying secrets of one agent. Counted per process, whatever RATE_LIMITS says. */
export interface ConnectLimit {
  /** Counts an attempt; throws `rate_limited`. To be asked of agents that exist only, which bounds what it remembers. */
  count(agentId: string, address: string): Promise<void>;
}

export function createConnectLimit(perMinute: number = ATTEMPTS_PER_MINUTE): ConnectLimit {
  const limiter = new RateLimiterMemory({ keyPrefix: 'connect', points: perMinute, duration: 60 });
  return {
    async count(agentId, address) {
      const state = await consume(limiter, `${agentId} ${address}`);
      if (state.consumedPoints <= perMinute) return;
      throw new ApiProblem(
        'rate_limited',
        `more than ${perMinute} attempts to connect this agent from this address in a minute`,
        { retryAfterSeconds: secondsLeft(state) },
      );
    },
  };
}
