import type { ComponentChildren } from 'preact';
import type { Message, Receipt, ReceiptStatus } from '../../client/index.js';
import { type LiveList, useLiveList } from '../live.js';
import { Act } from '../parts/act.js';
import { Badge } from '../parts/badge.js';
import { Moment } from '../parts/moment.js';
import { type Column, ListPanel } from '../parts/table.js';
import { Clip, ClipOrNone } from '../parts/words.js';
import { hrefOf } from '../place.js';

const ENDED = ['processed', 'failed', 'dead'];

const QUESTION = {
  title: 'Send it once more?',
  confirm: 'Resend',
  body: <p>The agent has handled it already. It comes again under the same id.</p>,
};

interface ResendProps {
  messageId: string;
  receipt: Pick<Receipt, 'agentId' | 'status'>;
  type: string;
  onDone: () => void;
}

/** Sends an agent a message once more that has ended there. */
export function Resend({ messageId, receipt, type, onDone }: ResendProps) {
  const { agentId, status } = receipt;
  if (!ENDED.includes(status)) return null;
  return (
    <Act
      name="Resend"
      of={`${type} ${messageId}`}
      size="small"
      onDone={onDone}
      ask={status === 'processed' ? QUESTION : undefined}
      run={async (client) => {
        await client.messages.redeliver(agentId, messageId);
        return 'It is in the mailbox once more.';
      }}
    />
  );
}

/** The way to a message, which is known by its type. */
export function MessageLink({ id, type }: Pick<Message, 'id' | 'type'>) {
  return (
    <a href={hrefOf('messages', id)} title={id}>
      {type}
      <span class="unseen"> {id}</span>
    </a>
  );
}

/** Of each message what became of it at one agent. */
function columnsOf(agentId: string, onDone: () => void): readonly Column<Message>[] {
  const here = ({ receipts }: Message) => receipts.find((receipt) => receipt.agentId === agentId);
  const errorOf = (message: Message) => here(message)?.error ?? null;
  const resend = (message: Message) => {
    const receipt = here(message);
    if (!receipt) return null;
    return <Resend messageId={message.id} receipt={receipt} type={message.type} onDone={onDone} />;
  };
  return [
    { title: 'Message', isMain: true, cell: MessageLink },
    { title: 'Status', cell: (message) => <Badge status={here(message)?.status ?? 'unknown'} /> },
    { title: 'From', cell: ({ from }) => <Clip text={from} /> },
    { title: 'Topic', cell: ({ topic }) => <ClipOrNone text={topic} /> },
    { title: 'Came', cell: ({ createdAt }) => <Moment at={createdAt} /> },
    { title: 'Given', align: 'end', cell: (message) => `${here(message)?.deliveries ?? 0} ×` },
    { title: 'Error', isWide: true, cell: (message) => <ClipOrNone text={errorOf(message)} /> },
    { title: 'Change', isTitleUnseen: true, align: 'end', cell: resend },
  ];
}

/** The mail of an agent; all of it, or what has come to one status there. */
export const useMail = (agentId: string, status?: ReceiptStatus) =>
  useLiveList(`mail of ${agentId} ${status}`, ['message.'], (client, limit, signal) =>
    client.messages.list(agentId, { ...(status && { status }), limit }, { signal }),
  );

export function MailList(props: {
  of: { id: string; name: string };
  live: LiveList<Message>;
  empty: ComponentChildren;
}) {
  const { of: agent, live, empty } = props;
  return (
    <ListPanel
      label="Mail"
      caption={`The mail of ${agent.name}, the newest first`}
      live={live}
      columns={columnsOf(agent.id, live.reload)}
      keyOf={({ id }) => id}
      empty={empty}
    />
  );
}
