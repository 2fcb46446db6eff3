/** What is known of a receiver. */
interface ReceiverState {
  circuit: 'closed' | 'open' | 'off';
  failures: number;
  pending: number;
  nextAttemptAt: string | null;
}

const MEANING: Record<ReceiverState['circuit'], string> = {
  closed: 'takes deliveries',
  open: 'fails; one probe at a time finds out whether it is back',
  off: 'did nothing but fail for 5 days and is switched off; a redelivery switches it on again',
};

/** What a person reads about a receiver in the Temporal Web UI (Markdown). */
export function endpointDetails(
  receiver: string,
  { circuit, failures, pending, nextAttemptAt }: ReceiverState,
): string {
  const next = nextAttemptAt === null ? 'nothing is waiting' : `next attempt at ${nextAttemptAt}`;
  return [
    `**${pending} pending** for \`${receiver.replaceAll('`', ' ')}\`, ${next}`,
    '',
    `Circuit **${circuit}**: the receiver ${MEANING[circuit]}. Failures in a row: ${failures}.`,
  ].join('\n');
}
