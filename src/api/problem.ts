import { z } from 'zod';
import { whatIsAway } from '../engine/unreachable.js';
import type { Log } from '../log.js';
import { type FieldError, fieldErrors } from '../schemas/field-errors.js';
import { PROBLEM_STATUS, type ProblemCode } from '../schemas/problem.js';

const TITLES: Record<ProblemCode, string> = {
  malformed_json: 'The body is not JSON',
  malformed_request: 'The request is malformed',
  unauthorized: 'A valid credential is needed',
  forbidden: 'The credential may not do this',
  agent_suspended: 'The agent is suspended',
  not_found: 'Not found',
  method_not_allowed: 'Method not allowed',
  wrong_state: 'Not possible in its present state',
  already_firing: 'Already firing or fired',
  id_taken: 'The id is taken',
  name_taken: 'The name is taken',
  precondition_failed: 'It was changed meanwhile',
  agent_busy: 'The agent is busy',
  not_leased: 'Not leased',
  no_container_runtime: 'No container runtime',
  image_not_found: 'Image not found',
  resources_unavailable: 'Resources not available',
  idempotency_in_flight: 'The first request with this key is still running',
  too_large: 'Too large',
  unsupported_media_type: 'Only JSON is understood',
  invalid: 'The request breaks its schema',
  idempotency_key_reused: 'The key was used for another request',
  rate_limited: 'Too many requests',
  internal: 'Something went wrong here',
  unavailable: 'Not available at the moment',
};

export interface ProblemDetails {
  /** What is wrong with which field: `actionBundle.actions.0.url`. */
  errors?: FieldError[];
  retryAfterSeconds?: number;
  headers?: Record<string, string>;
}

/** A request that fails for a reason the caller is told. Everything else that is thrown is `internal`. */
export class ApiProblem extends Error {
  readonly status: number;

  constructor(
    readonly code: ProblemCode,
    detail: string,
    readonly details: ProblemDetails = {},
  ) {
    super(detail);
    this.name = 'ApiProblem';
    this.status = PROBLEM_STATUS[code];
  }
}

const AWAY_RETRY_SECONDS = 2;

/** What a caller is told when the database or the engine cannot be reached. */
export const unavailable = (what: 'database' | 'engine') =>
  new ApiProblem('unavailable', `the ${what} cannot be reached; nothing was acknowledged`, {
    retryAfterSeconds: AWAY_RETRY_SECONDS,
  });

/** What an agent is told whose owner suspended it. */
export const suspended = () =>
  new ApiProblem('agent_suspended', 'the agent is suspended until its owner activates it');

/** The problem that stands for what a schema found, with every field that is wrong. */
export function invalid(error: z.ZodError | FieldError[]): ApiProblem {
  const errors = error instanceof z.ZodError ? fieldErrors(error) : error;
  const isTooLarge = error instanceof z.ZodError && error.issues.some(saysTooLarge);
  const [first, ...others] = errors;
  const place = first?.path ? `${first.path}: ` : '';
  const rest = others.length > 0 ? ` (and ${others.length} more)` : '';
  return new ApiProblem(isTooLarge ? 'too_large' : 'invalid', `${place}${first?.message}${rest}`, { errors });
}

function saysTooLarge(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'custom' && issue.params?.code === 'too_large';
}

/** The problem that stands for anything thrown; what nobody foresaw goes to the log, and only there. */
export function toProblem(
  thrown: unknown,
  log: Pick<Log, 'error'>,
  facts: Record<string, unknown> = {},
): ApiProblem {
  if (thrown instanceof ApiProblem) return thrown;
  if (thrown instanceof z.ZodError) return invalid(thrown);
  const away = whatIsAway(thrown);
  if (away) return unavailable(away);
  log.error({ error: thrown, ...facts }, 'A request failed');
  return new ApiProblem(
    'internal',
    'an unexpected error; the log has it under the X-Request-Id of this answer',
  );
}

/** The body of a problem, as RFC 9457 has it. */
export function problemBody({ code, status, message, details }: ApiProblem, instance: string): string {
  const { errors } = details;
  const type = `urn:mainspring:problem:${code}`;
  return JSON.stringify({ type, title: TITLES[code], status, detail: message, instance, code, errors });
}

export function problemHeaders({ details }: ApiProblem): Record<string, string> {
  const { retryAfterSeconds, headers } = details;
  const all = { 'Content-Type': 'application/problem+json; charset=utf-8', ...headers };
  if (retryAfterSeconds === undefined) return all;
  return { ...all, 'Retry-After': String(Math.max(1, Math.ceil(retryAfterSeconds))) };
}
