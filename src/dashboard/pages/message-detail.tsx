import type { Message, Receipt } from '../../client/index.js';
import { useLive } from '../live.js';
import { Badge } from '../parts/badge.js';
import { Json } from '../parts/code.js';
import { Exactly, Moment } from '../parts/moment.js';
import { PageHead } from '../parts/page-head.js';
import { type Column, Table } from '../parts/table.js';
import { Unread } from '../parts/unread.js';
import { Clip, ClipOrNone, type Fact, Facts, Failure, None, Panel } from '../parts/words.js';
import { hrefOf } from '../place.js';
import { Resend } from './mail.js';

const receiptColumns = (message: Message, onDone: () => void): readonly Column<Receipt>[] => [
  {
    title: 'Agent',
    isMain: true,
    cell: ({ agentId }) => <a href={hrefOf('agents', agentId)}>{agentId}</a>,
  },
  { title: 'Status', cell: ({ status }) => <Badge status={status} /> },
  { title: 'Given', align: 'end', cell: ({ deliveries }) => `${deliveries} ×` },
  { title: 'Error', isWide: true, cell: ({ error }) => <ClipOrNone text={error} /> },
  {
    title: 'Reply',
    cell: ({ reply, replyId }) => {
      const text = reply === null ? null : <Clip text={JSON.stringify(reply)} isMono />;
      if (replyId !== null) return <a href={hrefOf('messages', replyId)}>{text ?? 'its reply'}</a>;
      return text ?? <None />;
    },
  },
  {
    title: 'Task',
    cell: ({ taskId }) => (taskId === null ? <None /> : <a href={hrefOf('tasks', taskId)}>its task</a>),
  },
  { title: 'Ended', cell: ({ endedAt }) => <Moment at={endedAt} /> },
  {
    title: 'Change',
    isTitleUnseen: true,
    align: 'end',
    cell: (receipt) => (
      <Resend messageId={message.id} receipt={receipt} type={message.type} onDone={onDone} />
    ),
  },
];

function factsOf(message: Message): (Fact | undefined)[] {
  const { topic, replyTo, inReplyTo, expiresAt } = message;
  return [
    ['Id', <span class="mono">{message.id}</span>],
    ['From', message.from],
    topic === null ? undefined : ['Topic', <a href={hrefOf('messages', undefined, { topic })}>{topic}</a>],
    inReplyTo === null ? undefined : ['Answers', <a href={hrefOf('messages', inReplyTo)}>{inReplyTo}</a>],
    replyTo === null ? undefined : ['Replies go to', replyTo],
    ['Came', <Exactly at={message.createdAt} />],
    expiresAt === null ? undefined : ['Expires', <Exactly at={expiresAt} />],
  ];
}

/** One message: what it says, and what became of it at each agent. */
export function MessageDetail({ id }: { id: string }) {
  const back = { href: hrefOf('messages'), title: 'Messages' };
  const live = useLive(`message ${id}`, ['message.'], (client, signal) =>
    client.messages.get(id, { signal }),
  );
  const { data: message, error, reload } = live;
  if (!message) return <Unread title="Message" back={back} live={live} />;
  return (
    <>
      <PageHead title={message.type} back={back} />
      {error === undefined ? null : <Failure text={error} retry={reload} />}
      <div class="columns">
        <Panel title="About">
          <Facts facts={factsOf(message)} />
        </Panel>
        <Panel title="What it says">
          <Json name="what it says" value={message.payload} />
        </Panel>
      </div>
      <Panel title="At each agent" isBare>
        {message.receipts.length === 0 ? (
          <p class="panel-body muted">No agent subscribes to its topic: it is only kept.</p>
        ) : (
          <Table
            caption="What became of it at each agent"
            columns={receiptColumns(message, reload)}
            keyOf={({ agentId }) => agentId}
            rows={message.receipts}
          />
        )}
      </Panel>
    </>
  );
}
