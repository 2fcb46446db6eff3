import type { Agent, Published, ReceiptStatus } from '../../client/index.js';
import { useLive, useLiveList } from '../live.js';
import { Act } from '../parts/act.js';
import { Empty, requestOf } from '../parts/code.js';
import { choicesOf, chosenOf, Tabs, TextFilter } from '../parts/filters.js';
import { Moment } from '../parts/moment.js';
import { PageHead } from '../parts/page-head.js';
import { type Column, ListPanel } from '../parts/table.js';
import { Clip, Failure, None } from '../parts/words.js';
import { hrefOf, place } from '../place.js';
import { MailList, MessageLink, useMail } from './mail.js';
import { MessageDetail } from './message-detail.js';

const STATUSES = ['queued', 'delivered', 'processed', 'failed', 'dead'] as const satisfies ReceiptStatus[];

const AGENT_COLUMNS: readonly Column<Agent>[] = [
  {
    title: 'Mail of',
    isMain: true,
    cell: ({ id, name }) => (
      <a href={hrefOf('messages', undefined, { agent: id })}>
        <Clip text={name} />
      </a>
    ),
  },
  {
    title: 'Subscribes to',
    cell: ({ topics }) => (topics.length === 0 ? <None /> : <Clip text={topics.join(', ')} />),
  },
  { title: 'Handled by', cell: ({ handler }) => handler?.type ?? 'the agent itself' },
  { title: 'While busy', cell: ({ busyPolicy }) => busyPolicy },
  {
    title: 'Dead letters',
    cell: ({ id, name }) => (
      <a href={hrefOf('messages', undefined, { agent: id, status: 'dead' })}>
        Look<span class="unseen"> at those of {name}</span>
      </a>
    ),
  },
];

/** Whose mail there is to look at. */
function Mailboxes() {
  const live = useLiveList('mailboxes', ['agent.'], (client, limit, signal) =>
    client.agents.list({ limit }, { signal }),
  );
  return (
    <>
      <PageHead title="Messages" />
      <div class="filters">
        <TextFilter name="topic" label="Topic" hint="support.tickets" />
      </div>
      <ListPanel
        label="Mailboxes"
        caption="Agents and how they take messages, the newest first"
        live={live}
        columns={AGENT_COLUMNS}
        keyOf={({ id }) => id}
        empty={
          <Empty title="No agents yet">
            Messages go to agents: each has a mailbox. <a href={hrefOf('agents')}>Make an agent first.</a>
          </Empty>
        }
      />
    </>
  );
}

function ResendAll({ agent, onDone }: { agent: Agent; onDone: () => void }) {
  return (
    <Act
      name="Resend dead ones …"
      of={`of ${agent.name}`}
      onDone={onDone}
      ask={{
        title: `Resend all dead letters of “${agent.name}”?`,
        confirm: 'Resend them',
        body: <p>Each comes into the mailbox once more, under its id.</p>,
      }}
      run={async (client) => {
        const sent = await client.messages.redeliverAll(agent.id, { status: 'dead' });
        return sent === 0 ? 'There are none.' : `${sent} are in the mailbox once more.`;
      }}
    />
  );
}

const EXAMPLE = { type: 'question', payload: { text: 'How is it going?' } };

function NoMail({ id, status }: { id: string; status: ReceiptStatus | undefined }) {
  if (status) return <Empty title={`No message is ${status} here.`} />;
  return (
    <Empty title="No mail yet" example={requestOf(`/agents/${id}/messages`, EXAMPLE)}>
      What is sent to this agent, or published on a topic that it subscribes to, stands here:
    </Empty>
  );
}

function Mailbox({ id }: { id: string }) {
  const status = chosenOf(STATUSES, 'status');
  const { data, error, reload } = useLive(`owner ${id}`, ['agent.'], (client, signal) =>
    client.agents.get(id, { signal }),
  );
  const live = useMail(id, status);
  const name = data?.name ?? 'an agent';
  return (
    <>
      <PageHead
        title={`Mail of ${name}`}
        back={{ href: hrefOf('messages'), title: 'Messages' }}
        actions={data ? <ResendAll agent={data} onDone={live.reload} /> : undefined}
      />
      {error === undefined ? null : <Failure text={error} retry={reload} />}
      <div class="filters">
        <Tabs name="status" label="Status" choices={choicesOf(STATUSES)} />
      </div>
      <MailList of={{ id, name }} live={live} empty={<NoMail id={id} status={status} />} />
    </>
  );
}

const PUBLISHED_COLUMNS: readonly Column<Published>[] = [
  { title: 'Message', isMain: true, cell: MessageLink },
  { title: 'From', cell: ({ from }) => <Clip text={from} /> },
  { title: 'Sent', cell: ({ timestamp }) => <Moment at={timestamp * 1_000} /> },
  { title: 'Says', isWide: true, cell: ({ payload }) => <Clip text={JSON.stringify(payload)} isMono /> },
];

function Topic({ topic }: { topic: string }) {
  const live = useLiveList(`topic ${topic}`, ['message.'], (client, limit, signal) =>
    client.messages.history(topic, { limit }, { signal }),
  );
  const example = { type: 'note', payload: { text: 'Something new' } };
  return (
    <>
      <PageHead title={`Topic ${topic}`} back={{ href: hrefOf('messages'), title: 'Messages' }} />
      <ListPanel
        label="Published messages"
        caption={`What was published on ${topic}, the oldest first`}
        live={live}
        columns={PUBLISHED_COLUMNS}
        keyOf={({ cursor }) => cursor}
        empty={
          <Empty
            title="Nothing was published here yet"
            example={requestOf(`/topics/${topic}/messages`, example)}
          >
            Every agent that subscribes to the topic gets what is published:
          </Empty>
        }
      />
    </>
  );
}

/** Whose mail there is, the mail of one agent, the history of a topic, or one message. */
export function Messages() {
  const { part, query } = place.value;
  if (part !== undefined) return <MessageDetail id={part} />;
  const agent = query.get('agent');
  const topic = query.get('topic');
  if (agent !== null) return <Mailbox key={agent} id={agent} />;
  return topic === null ? <Mailboxes /> : <Topic key={topic} topic={topic} />;
}
