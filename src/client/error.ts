import type { Problem, ProblemCode } from '../schemas/problem.js';

/**
 * Why a call did not succeed. `code` is stable: one of the API's problem codes, `unreachable` when no answer came
 * (then `status` is 0), or `unexpected` when what answered was not Mainspring's API.
 */
export class MainspringError extends Error {
  override readonly name = 'MainspringError';
  readonly code: ProblemCode | 'unreachable' | 'unexpected';
  /** HTTP status; 0 without an answer. */
  readonly status: number;
  /** What went wrong this time, for people. */
  readonly detail: string;
  /** The fields that break the schema, when `code` is `invalid`. */
  readonly errors: { path: string; message: string }[];
  /** Names the request in the server's log. */
  readonly requestId: string | undefined;
  /** How long the server asks to be left alone, in ms. */
  readonly retryAfterMs: number | undefined;

  constructor(
    problem: Pick<Problem, 'detail' | 'status' | 'errors'> & { code: MainspringError['code'] },
    about: { requestId?: string | undefined; retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(`${problem.code}: ${problem.detail}`, { cause: about.cause });
    this.code = problem.code;
    this.status = problem.status;
    this.detail = problem.detail;
    this.errors = problem.errors ?? [];
    this.requestId = about.requestId;
    this.retryAfterMs = about.retryAfterMs;
  }
}
