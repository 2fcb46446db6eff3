import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Config } from '../config.js';
import type { Tier } from '../schemas/api-key.js';
import type { Caller } from './caller.js';
import { ApiProblem } from './problem.js';

const WINDOW_SECONDS = 60;
/** Wrong credentials from one address in a minute, before it is no longer told that they are wrong. */
const GUESSES_PER_MINUTE = 300;

/** The headers of a limited answer, in the form of draft-ietf-httpapi-ratelimit-headers-10. */
type LimitHeaders = [policy: string, state: string];

/** Counts a request; answers its headers, or throws `rate_limited`. Null where there is no limit. */
export type RateLimit = (caller: Caller) => Promise<LimitHeaders> | null;

export const POLICY_HEADER = 'RateLimit-Policy';
export const STATE_HEADER = 'RateLimit';

async function consume(limiter: RateLimiterMemory, id: string): Promise<RateLimiterRes> {
  try {
    return await limiter.consume(id);
  } catch (refusal) {
    if (refusal instanceof RateLimiterRes) return refusal;
    throw refusal;
  }
}

const secondsLeft = ({ msBeforeNext }: RateLimiterRes) => Math.max(1, Math.ceil(msBeforeNext / 1_000));

/** Requests a minute by key, as its tier allows; counted per process. */
export function createRateLimit(config: Config): RateLimit {
  if (!config.RATE_LIMITS) return () => null;
  const perMinute: Record<Tier, number> = {
    free: config.RATE_LIMIT_FREE,
    pro: config.RATE_LIMIT_PRO,
    team: config.RATE_LIMIT_TEAM,
    enterprise: config.RATE_LIMIT_ENTERPRISE,
  };
  const limiterOf = (tier: Tier) =>
    new RateLimiterMemory({ keyPrefix: tier, points: perMinute[tier], duration: WINDOW_SECONDS });
  const limiters: Record<Tier, RateLimiterMemory> = {
    free: limiterOf('free'),
    pro: limiterOf('pro'),
    team: limiterOf('team'),
    enterprise: limiterOf('enterprise'),
  };
  return async ({ tier, keyId }) => {
    const state = await consume(limiters[tier], keyId);
    const quota = perMinute[tier];
    const left = Math.max(0, quota - state.consumedPoints);
    const headers: LimitHeaders = [
      `"default";q=${quota};w=${WINDOW_SECONDS}`,
      `"default";r=${left};t=${secondsLeft(state)}`,
    ];
    if (state.consumedPoints <= quota) return headers;
    throw new ApiProblem(
      'rate_limited',
      `more than ${quota} requests in a minute, which is what this key may make`,
      {
        retryAfterSeconds: secondsLeft(state),
        headers: { [POLICY_HEADER]: headers[0], [STATE_HEADER]: headers[1] },
      },
    );
  };
}

/** Keeps one address from trying credentials by the thousand. Behind one address are many: a valid one always passes. */
export interface GuessLimit {
  /** Counts a wrong credential; answers the problem to throw. */
  refuse(address: string, problem: ApiProblem): Promise<ApiProblem>;
}

export function createGuessLimit(perMinute: number = GUESSES_PER_MINUTE): GuessLimit {
  const limiter = new RateLimiterMemory({ keyPrefix: 'guess', points: perMinute, duration: WINDOW_SECONDS });
  return {
    async refuse(address, problem) {
      const state = await consume(limiter, address);
      if (state.consumedPoints <= perMinute) return problem;
      return new ApiProblem('rate_limited', 'too many wrong credentials from this address', {
        retryAfterSeconds: secondsLeft(state),
      });
    },
  };
}
