import { z } from 'zod';

/** Every way a request can fail, with its HTTP status. The list is closed: a new code is a change of the contract. */
export const PROBLEM_STATUS = {
  malformed_json: 400,
  malformed_request: 400,
  unauthorized: 401,
  forbidden: 403,
  agent_suspended: 403,
  not_found: 404,
  method_not_allowed: 405,
  wrong_state: 409,
  already_firing: 409,
  id_taken: 409,
  name_taken: 409,
  agent_busy: 409,
  not_leased: 409,
  no_container_runtime: 409,
  image_not_found: 409,
  resources_unavailable: 409,
  idempotency_in_flight: 409,
  precondition_failed: 412,
  too_large: 413,
  unsupported_media_type: 415,
  invalid: 422,
  idempotency_key_reused: 422,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
} as const;
export type ProblemCode = keyof typeof PROBLEM_STATUS;

/** RFC 9457 problem details, with a stable `code` and, for a body that breaks its schema, the fields. */
export const Problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.enum(Object.keys(PROBLEM_STATUS) as [ProblemCode, ...ProblemCode[]]),
    errors: z.array(z.looseObject({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;
