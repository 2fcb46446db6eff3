import type { Agent, AgentSession } from '../../client/index.js';
import { took } from '../amounts.js';
import { useLive, useLiveList } from '../live.js';
import { Badge } from '../parts/badge.js';
import { Code, Empty } from '../parts/code.js';
import { Exactly, Moment } from '../parts/moment.js';
import { type Column, ListPanel } from '../parts/table.js';
import { ClipOrNone, Failure, None, Panel } from '../parts/words.js';
import { isAdmin } from '../session.js';
import { EVENT_COLUMNS_OF_ONE } from './event-row.js';
import { MailList, useMail } from './mail.js';

const SESSION_COLUMNS: readonly Column<AgentSession>[] = [
  { title: 'Connected', isMain: true, cell: ({ connectedAt }) => <Exactly at={connectedAt} /> },
  {
    title: 'Ended',
    cell: ({ endedAt, endReason }) =>
      endedAt === null ? (
        <Badge status="connected" />
      ) : (
        <Badge status="stopped" text={endReason ?? 'ended'} />
      ),
  },
  {
    title: 'Lasted',
    align: 'end',
    cell: ({ connectedAt, endedAt }) =>
      endedAt === null ? <None /> : took(Date.parse(endedAt) - Date.parse(connectedAt)),
  },
  { title: 'Heartbeats', align: 'end', cell: ({ heartbeats }) => heartbeats },
  { title: 'Last heartbeat', cell: ({ lastHeartbeatAt }) => <Moment at={lastHeartbeatAt} /> },
  { title: 'Context', isWide: true, cell: ({ context }) => <ClipOrNone text={context} /> },
];

export function Connections({ agent: { id } }: { agent: Agent }) {
  const live = useLiveList(`sessions of ${id}`, ['agent.'], (client, limit, signal) =>
    client.agents.history(id, { limit }, { signal }),
  );
  return (
    <ListPanel
      label="Connections"
      caption="Its connections, the newest first"
      live={live}
      columns={SESSION_COLUMNS}
      keyOf={({ id: session }) => session}
      empty={<Empty title="It has never connected." />}
    />
  );
}

export function AgentEvents({ agent: { id } }: { agent: Agent }) {
  const live = useLiveList(`events of ${id}`, ['agent.'], (client, limit, signal) =>
    client.events.list({ subject: id, type: 'agent.*', order: 'desc', limit }, { signal }),
  );
  return (
    <ListPanel
      label="Events"
      caption="What happened to it, the newest first"
      live={live}
      columns={EVENT_COLUMNS_OF_ONE}
      keyOf={({ id: event }) => event}
      empty={<Empty title="Nothing has happened to it that is still kept." />}
    />
  );
}

export function AgentMail({ agent }: { agent: Agent }) {
  return <MailList of={agent} live={useMail(agent.id)} empty={<Empty title="It has no mail." />} />;
}

const LINES = 300;

/** What its container wrote; for administrators, and where it has one. */
export function AgentLogs({ agent: { id, image } }: { agent: Agent }) {
  const mayRead = isAdmin.value && image !== null;
  const { data, error, reload } = useLive(`logs of ${id} ${mayRead}`, ['agent.'], async (client, signal) =>
    mayRead ? client.agents.logs(id, { tail: LINES }, { signal }) : '',
  );
  if (image === null)
    return (
      <Panel title="Logs">
        <p class="muted">It runs elsewhere: only what runs in a container of Mainspring has logs here.</p>
      </Panel>
    );
  if (!isAdmin.value)
    return (
      <Panel title="Logs">
        <p class="muted">Logs are for administrators: sign in with an admin token as well.</p>
      </Panel>
    );
  return (
    <Panel title="Logs">
      {error === undefined ? null : <Failure text={error} retry={reload} />}
      {data === '' ? <p class="muted">It has written nothing yet.</p> : null}
      {data ? <Code name={`the last ${LINES} lines`} text={data} /> : null}
    </Panel>
  );
}
