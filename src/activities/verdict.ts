import type { AttemptResult } from './channels/channel.js';

/** What a result tells of its receiver; null: nothing. */
export type Verdict = 'works' | 'fails' | null;

/** Failures that say nothing of the receiver. */
const NOT_THEIRS = new Set(['secrets_unreadable', 'not_sent', 'channel_not_configured', 'agent_busy']);

/** Whether a result shows that the receiver is there (whatever it answered), is not, or neither. */
export function verdictOf(result: AttemptResult): Verdict {
  if (result.kind === 'delivered') return 'works';
  if (result.kind === 'retry') {
    // The server spoke of single recipients: a full mailbox is not its fault.
    if (result.settled !== undefined) return 'works';
    return NOT_THEIRS.has(result.error) ? null : 'fails';
  }
  return result.statusCode === undefined ? null : 'works';
}
