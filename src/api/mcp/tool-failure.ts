import type { ProblemCode } from '../../schemas/problem.js';
import type { ApiProblem } from '../problem.js';

const LOOK = 'Look at how it is with the get_ tool before you try anything else.';
const NOT_ALLOWED = 'Do not repeat it: tell the person you work for that this credential may not do this.';
const CORRECT = 'Correct the arguments and call the tool again.';
const OTHER_NAME = 'Choose another one, or use what has it already.';

/** What a model can do about a problem. */
const ADVICE: Record<ProblemCode, string> = {
  malformed_json: CORRECT,
  malformed_request: CORRECT,
  unauthorized: NOT_ALLOWED,
  forbidden: NOT_ALLOWED,
  agent_suspended: NOT_ALLOWED,
  not_found: 'Check the id or name: the list_ tools say what there is.',
  method_not_allowed: NOT_ALLOWED,
  wrong_state: LOOK,
  already_firing: LOOK,
  id_taken: OTHER_NAME,
  name_taken: OTHER_NAME,
  precondition_failed: LOOK,
  agent_busy: 'Try again later, or give it to another agent.',
  not_leased: 'Take it again with read_inbox, and acknowledge it with the leaseId that comes with it.',
  no_container_runtime: NOT_ALLOWED,
  image_not_found: NOT_ALLOWED,
  resources_unavailable: 'Try again later.',
  idempotency_in_flight: 'Wait a moment, then call the tool again with the same arguments.',
  too_large: 'Send less.',
  unsupported_media_type: CORRECT,
  invalid: CORRECT,
  idempotency_key_reused: 'Use another idempotencyKey: this one was used for something else.',
  rate_limited: 'Wait that long, then call the tool again; ask less often.',
  internal: 'It may or may not have been done. Look before you repeat it.',
  unavailable:
    'Wait a moment, then call the tool again, with the same idempotencyKey where you gave one. If it stays so, tell the person you work for.',
};

/** A problem in words: what is wrong, with which argument, and what to do about it. */
export function failureText({ code, message, details }: ApiProblem): string {
  const { errors = [], retryAfterSeconds } = details;
  // The message names the first of them.
  const listed = errors.length > 1 ? errors : [];
  return [
    `Failed (${code}): ${message}.`,
    ...listed.map(({ path, message: what }) => `- ${path || 'the arguments'}: ${what}`),
    ...(retryAfterSeconds === undefined ? [] : [`Try again after ${Math.ceil(retryAfterSeconds)} seconds.`]),
    ADVICE[code],
  ].join('\n');
}
