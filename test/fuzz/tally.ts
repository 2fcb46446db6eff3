import type { ApiDocument, ApiOperation } from './document.js';
import type { IdPool } from './id-pool.js';
import { pathOf } from './judge.js';
import type { FuzzRequest } from './requests.js';
import { describeRequest, type Outcome } from './send.js';

const MOST_SHOWN = 25;
const LONGEST_KIND = 160;

/** What a run has seen. */
export interface Tally {
  /** Remembers what was wrong with the answer to a request; the same at the same operation counts as one. */
  complain(index: number, request: FuzzRequest, complaints: string[]): void;
  /** Counts an answer, and learns what it names. */
  take(request: FuzzRequest, outcome: Outcome): void;
  /** In sentences, each with the first request that showed it. */
  mistakes(): string[];
  /** `200: 7`, and so on. */
  statuses(): string[];
  /** Whether an operation was answered with success. */
  hasReached(operation: ApiOperation): boolean;
}

export function createTally({ find }: ApiDocument, pool: IdPool): Tally {
  const wrong = new Map<string, { count: number; shown: string }>();
  const counts = new Map<number, number>();
  const reached = new Set<string>();
  const nameOf = ({ method, path }: ApiOperation) => `${method} ${path}`;

  function placeOf(request: FuzzRequest): string {
    if (request.kind === 'conversation') return 'a conversation';
    const { operation } = find(request.method, pathOf(request.target));
    return `${request.method} ${operation?.path ?? 'elsewhere'}`;
  }

  return {
    complain(index, request, complaints) {
      for (const complaint of complaints) {
        const kind = `${placeOf(request)}: ${complaint.slice(0, LONGEST_KIND)}`;
        const shown = `${placeOf(request)}: ${complaint}\n    request ${index}: ${describeRequest(request)}`;
        const known = wrong.get(kind) ?? { count: 0, shown };
        wrong.set(kind, { ...known, count: known.count + 1 });
      }
    },
    take(request, outcome) {
      if (outcome.kind !== 'answer' || request.kind !== 'http') return;
      const { status, headers, body } = outcome;
      counts.set(status, (counts.get(status) ?? 0) + 1);
      const { operation } = find(request.method, pathOf(request.target));
      if (!operation || status >= 300 || request.method === 'HEAD') return;
      reached.add(nameOf(operation));
      if (headers['content-type']?.startsWith('application/json')) pool.learn(operation, JSON.parse(body));
    },
    mistakes: () => [...wrong.values()].map(({ count, shown }) => `${count} × ${shown}`).slice(0, MOST_SHOWN),
    statuses: () => [...counts].sort(([one], [other]) => one - other).map((pair) => pair.join(': ')),
    hasReached: (operation) => reached.has(nameOf(operation)),
  };
}
