import type { MainspringError } from '../error.js';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

/** Whether the server may take the same call later: there is no answer, or it says so, or a proxy stands in for it. */
export const isAway = ({ code, status }: MainspringError): boolean =>
  code === 'unreachable' || status === 429 || status >= 500;

/** How long to wait after so many failures in a row, in ms: doubling, ± 20 %, and as long as the server asks for. */
export function backoff(failures: number, failure: MainspringError): number {
  const doubled = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1));
  return Math.max(doubled * (0.8 + Math.random() * 0.4), failure.retryAfterMs ?? 0);
}
