import { ApiProblem } from './problem.js';
import { Reply } from './route.js';

type Revised = { revision: number };

const etagOf = ({ revision }: Revised): string => `"${revision}"`;

/** An answer that carries the revision of what it shows; `If-Match` names it in a change. */
export const revised = <Body>(body: Body, row: Revised, status = 200, headers: Record<string, string> = {}) =>
  new Reply(status, body, { ETag: etagOf(row), ...headers });

/**
 * Throws when a change was meant for another revision than the one that stands: to be called while its row is locked.
 * Without the header, and with `*`, whatever stands is changed.
 */
export function assertMatch(header: (name: string) => string, row: Revised): void {
  const wanted = header('if-match').trim();
  if (wanted === '' || wanted === '*') return;
  if (wanted.split(',').some((tag) => tag.trim() === etagOf(row))) return;
  throw new ApiProblem('precondition_failed', `its ETag is ${etagOf(row)}: read it again, then change it`);
}
