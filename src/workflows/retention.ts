import { deleteEnded } from './proxies.js';

/** Deletes what ended longer ago than the ledger is kept; started by a Temporal Schedule. */
export async function retention(): Promise<number> {
  return deleteEnded();
}
