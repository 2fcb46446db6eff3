import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Config } from '../config.js';
import type { Tier } from '../schemas/api-key.js';
import type { AnyCaller } from './caller.js';
import { ApiProblem } from './problem.js';
import type { Route } from './route.js';

const WINDOW_SECONDS = 60;
/** An agent's requests: 2 a second, and some at once when it begins. */
const AGENT_QUOTA = 20;
const AGENT_WINDOW_SECONDS = 10;
/** What it sends, takes and acknowledges: 100 a second. */
const MAIL_QUOTA = 1_000;
/** Wrong credentials from one address in a minute, before it is no longer told that they are wrong. */
const GUESSES_PER_MINUTE = 300;

/** The headers of a limited answer, in the form of draft-ietf-httpapi-ratelimit-headers-10. */
export type LimitHeaders = [policy: string, state: string];

/** Counts a request; answers its headers, or throws `rate_limited`. Null where there is no limit. */
export type RateLimit = (caller: AnyCaller, route: Pick<Route, 'isMail'>) => Promise<LimitHeaders> | null;

export const POLICY_HEADER = 'RateLimit-Policy';
export const STATE_HEADER = 'RateLimit';

/** Counts one; what is over the limit is in the answer. */
export async function consume(limiter: RateLimiterMemory, id: string): Promise<RateLimiterRes> {
  try {
    return await limiter.consume(id);
  } catch (refusal) {
    if (refusal instanceof RateLimiterRes) return refusal;
    throw refusal;
  }
}

export const secondsLeft = ({ msBeforeNext }: RateLimiterRes) => Math.max(1, Math.ceil(msBeforeNext / 1_000));

/** What a caller may make: so many requests in so many seconds. */
interface Quota {
  limiter: RateLimiterMemory;
  points: number;
  seconds: number;
}

const quotaOf = (keyPrefix: string, points: number, seconds: number): Quota => ({
  limiter: new RateLimiterMemory({ keyPrefix, points, duration: seconds }),
  points,
  seconds,
});

/** Requests a minute by key, as its tier allows, and by agent; counted per process. */
export function createRateLimit(config: Config): RateLimit {
  if (!config.RATE_LIMITS) return () => null;
  const ofTier = (tier: Tier, perMinute: number) => quotaOf(tier, perMinute, WINDOW_SECONDS);
  const tiers: Record<Tier, Quota> = {
    free: ofTier('free', config.RATE_LIMIT_FREE),
    pro: ofTier('pro', config.RATE_LIMIT_PRO),
    team: ofTier('team', config.RATE_LIMIT_TEAM),
    enterprise: ofTier('enterprise', config.RATE_LIMIT_ENTERPRISE),
  };
  const agents = quotaOf('agent', AGENT_QUOTA, AGENT_WINDOW_SECONDS);
  const mail = quotaOf('mail', MAIL_QUOTA, AGENT_WINDOW_SECONDS);
  return (caller, { isMail }) =>
    caller.kind === 'agent'
      ? count(isMail ? mail : agents, caller.agentId)
      : count(tiers[caller.tier], caller.keyId);
}

async function count({ limiter, points, seconds }: Quota, id: string): Promise<LimitHeaders> {
  const state = await consume(limiter, id);
  const left = Math.max(0, points - state.consumedPoints);
  const headers: LimitHeaders = [
    `"default";q=${points};w=${seconds}`,
    `"default";r=${left};t=${secondsLeft(state)}`,
  ];
  if (state.consumedPoints <= points) return headers;
  const period = seconds === WINDOW_SECONDS ? 'a minute' : `${seconds} seconds`;
  throw new ApiProblem(
    'rate_limited',
    `more than ${points} requests in ${period}, which is what this credential may make`,
    {
      retryAfterSeconds: secondsLeft(state),
      headers: { [POLICY_HEADER]: headers[0], [STATE_HEADER]: headers[1] },
    },
  );
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
