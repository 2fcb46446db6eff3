import type { MailboxState } from '../messages/mailbox.js';

/** What a person reads about an agent's mailbox in the Temporal Web UI (Markdown). */
export function mailboxDetails({ name, queued, handling, nextAt }: MailboxState): string {
  const next = nextAt === null ? '' : `, the next one may be given at ${nextAt}`;
  const plain = (text: string) => text.replaceAll('`', ' ');
  return [
    `**${queued} waiting** for \`${plain(name)}\`${next}`,
    ...(handling.length === 0 ? [] : ['', `Handles ${handling.map((id) => `\`${plain(id)}\``).join(', ')}`]),
  ].join('\n');
}
