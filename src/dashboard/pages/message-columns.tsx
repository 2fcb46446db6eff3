import type { Message, Receipt } from '../../client/index.js';
import { Act } from '../parts/act.js';
import { Badge } from '../parts/badge.js';
import { Moment } from '../parts/moment.js';
import type { Column } from '../parts/table.js';
import { Clip, None } from '../parts/words.js';
import { hrefOf } from '../place.js';

const ENDED = ['processed', 'failed', 'dead'];

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
  const ask = {
    title: 'Send it once more?',
    confirm: 'Resend',
    body: <p>The agent has handled it already. It comes again under the same id.</p>,
  };
  return (
    <Act
      name="Resend"
      of={`${type} ${messageId}`}
      size="small"
      {...(status === 'processed' && { ask })}
      run={async (client) => {
        await client.messages.redeliver(agentId, messageId);
        onDone();
        return 'It is in the mailbox once more.';
      }}
    />
  );
}

/** The mail of one agent: of each message what became of it there. */
export function messageColumns(
  { id }: { id: string; name: string },
  onDone: () => void,
): readonly Column<Message>[] {
  const here = ({ receipts }: Message) => receipts.find(({ agentId }) => agentId === id);
  return [
    {
      title: 'Message',
      isMain: true,
      cell: ({ id: message, type }) => (
        <a href={hrefOf('messages', message)} title={message}>
          {type}
          <span class="unseen"> {message}</span>
        </a>
      ),
    },
    { title: 'Status', cell: (message) => <Badge status={here(message)?.status ?? 'unknown'} /> },
    { title: 'From', cell: ({ from }) => <Clip text={from} /> },
    { title: 'Topic', cell: ({ topic }) => (topic === null ? <None /> : <Clip text={topic} />) },
    { title: 'Came', cell: ({ createdAt }) => <Moment at={createdAt} /> },
    { title: 'Given', align: 'end', cell: (message) => `${here(message)?.deliveries ?? 0} ×` },
    {
      title: 'Error',
      cell: (message) => {
        const error = here(message)?.error;
        return error ? <Clip text={error} /> : <None />;
      },
    },
    {
      title: 'Change',
      isTitleUnseen: true,
      align: 'end',
      cell: (message) => {
        const receipt = here(message);
        return receipt ? (
          <Resend messageId={message.id} receipt={receipt} type={message.type} onDone={onDone} />
        ) : null;
      },
    },
  ];
}
