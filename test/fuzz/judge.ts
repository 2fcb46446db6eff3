import { PROBLEM_STATUS } from '../../src/schemas/problem.js';
import type { ApiDocument, Known, Promised } from './document.js';
import type { HttpRequest } from './requests.js';
import type { Outcome } from './send.js';

/** The brokers that a run makes are nowhere, and this says so. */
const AWAY = /^\/api\/health\/amqp\b/;

type Answer = Extract<Outcome, { kind: 'answer' }>;

/** What is sent, without authority, query and fragment. */
export const pathOf = (target: string): string => /^[^?#]*/.exec(target)?.[0] ?? '';

const CODES = new Map<unknown, number>(Object.entries(PROBLEM_STATUS));
/** What HTTP itself is answered with: these need no operation. */
const OF_HTTP = new Set([200, 201, 204, 400, 401, 403, 404, 405, 413, 415, 422, 429]);

const NOT_ASCII = /[^\x21-\x7e]/;
/** What Node reads of a head: a longer one is refused before anybody looks at its path. */
const LONGEST_HEAD = 16_384;
/** Of a head, those that the sender adds by itself: Host, Connection, Content-Length. */
const CONNECTION_HEADERS = 200;
const headLength = ({ method, target, headers }: HttpRequest): number =>
  Object.entries(headers).reduce(
    (total, [name, value]) => total + name.length + value.length + ': \r\n'.length,
    method.length + target.length,
  );
/** A page and its files: there, and no part of the document. */
const HIDDEN = /^\/api-docs/;

/** What is wrong with answers, in sentences; none where all is as promised. */
export function createJudge(document: ApiDocument) {
  function ofProblem({ status, headers, body }: Answer): string[] {
    if (!headers['content-type']?.startsWith('application/problem+json'))
      return [`its error is ${headers['content-type'] ?? 'without a type'}, not problem+json`];
    let problem: Record<string, unknown>;
    try {
      problem = JSON.parse(body);
      document.problem.parse(problem);
    } catch (error) {
      return [`its problem is not one: ${error}`];
    }
    const wrong: string[] = [];
    if (CODES.get(problem.code) !== status) wrong.push(`its code ${problem.code} does not go with ${status}`);
    if (problem.status !== status) wrong.push(`its problem says ${problem.status} and it says ${status}`);
    return wrong;
  }

  function ofSuccess({ status, headers, body }: Answer, promised: Promised): string[] {
    const [mediaType = ''] = (headers['content-type'] ?? '').split(';');
    if (promised.mediaTypes.length === 0) return body === '' ? [] : [`its ${status} has a body`];
    if (!promised.mediaTypes.includes(mediaType)) return [`its media type is ${mediaType}`];
    if (mediaType !== 'application/json') return [];
    try {
      promised.check(JSON.parse(body));
      return [];
    } catch (error) {
      return [`its body is not as documented: ${error instanceof Error ? error.message : error}`];
    }
  }

  function ofStatus({ status, headers }: Answer, target: string, { operation, isPathKnown }: Known) {
    if (operation) return operation.answers.has(status) ? [] : [`${status} is not documented for it`];
    if (!isPathKnown && !HIDDEN.test(target))
      return status === 404 ? [] : [`nothing is there, and it says ${status}`];
    if (!isPathKnown && status === 404) return [];
    if (status !== 405) return [`its method is unknown, and it says ${status}`];
    return headers.allow ? [] : ['its 405 names no methods'];
  }

  /** The headers that the document promises of every failure. */
  const ofHeaders = (answer: Answer, promised: Promised | undefined) =>
    answer.status < 400 || !promised
      ? []
      : promised.headers
          .filter((name) => !(name.toLowerCase() in answer.headers))
          .map((name) => `it lacks ${name}`);

  return {
    http(request: HttpRequest, outcome: Outcome): string[] {
      const { method, target } = request;
      if (outcome.kind === 'left') return [];
      // No parser takes such bytes, whatever the path, and none then knows that a method has no body.
      if (NOT_ASCII.test(target) && outcome.kind === 'failed') return [];
      if (NOT_ASCII.test(target) && outcome.kind === 'answer' && outcome.status === 400)
        return ofProblem(outcome);
      if (outcome.kind === 'failed') return [outcome.reason];
      if (outcome.status === 400 && headLength(request) > LONGEST_HEAD - CONNECTION_HEADERS)
        return method === 'HEAD' ? [] : ofProblem(outcome);
      const { status } = outcome;
      if (status >= 500 && !(status === 503 && AWAY.test(target)))
        return [`${status}: ${outcome.body.slice(0, 300)}`];
      const known = document.find(method, pathOf(target));
      // Pages and their files are no part of the document, and are asked about as well.
      if (method === 'OPTIONS' && (known.isPathKnown || status === 204))
        return status === 204 ? [] : [`OPTIONS is answered ${status}`];
      const wrong = ofStatus(outcome, target, known);
      const promised = known.operation?.answers.get(status);
      wrong.push(...ofHeaders(outcome, promised));
      if (!outcome.headers['x-request-id']) wrong.push('it has no X-Request-Id');
      if (method === 'HEAD') return outcome.body === '' ? wrong : [...wrong, 'its HEAD has a body'];
      if (status >= 400) return [...wrong, ...ofProblem(outcome)];
      return promised ? [...wrong, ...ofSuccess(outcome, promised)] : wrong;
    },

    conversation(outcomes: Outcome[]): string[] {
      return outcomes.flatMap((outcome) => {
        if (outcome.kind !== 'answer') return outcome.kind === 'failed' ? [outcome.reason] : [];
        if (!OF_HTTP.has(outcome.status)) return [`it is answered ${outcome.status}`];
        return outcome.status >= 400 ? ofProblem(outcome) : [];
      });
    },
  };
}
