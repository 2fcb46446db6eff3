import type { Agent } from '../../client/index.js';
import { useLiveList } from '../live.js';
import { Badge } from '../parts/badge.js';
import { Empty } from '../parts/code.js';
import { choicesOf, chosenOf, Tabs, TextFilter } from '../parts/filters.js';
import { Moment } from '../parts/moment.js';
import { PageHead } from '../parts/page-head.js';
import { type Column, ListPanel } from '../parts/table.js';
import { Clip } from '../parts/words.js';
import { hrefOf, place } from '../place.js';
import { isAdmin } from '../session.js';
import { AgentActs } from './agent-acts.js';
import { AgentDetail } from './agent-detail.js';
import { kindOf } from './agent-kind.js';

const STATUSES = ['active', 'busy', 'inactive', 'suspended'] as const;

const example = () =>
  `curl ${window.location.origin}/agents \\\n  -H 'Authorization: Bearer <your admin token>' \\\n  -H 'Content-Type: application/json' \\\n  -d '{ "name": "my first agent", "heartbeat": { "interval": "30s" } }'`;

const columnsOf = (onDone: () => void): readonly Column<Agent>[] => [
  {
    title: 'Name',
    isMain: true,
    cell: ({ id, name }) => (
      <a href={hrefOf('agents', id)}>
        <Clip text={name} />
      </a>
    ),
  },
  { title: 'Connection', cell: ({ connection }) => <Badge status={connection} /> },
  { title: 'Last heartbeat', cell: ({ lastHeartbeatAt }) => <Moment at={lastHeartbeatAt} /> },
  { title: 'Status', cell: ({ status }) => <Badge status={status} /> },
  { title: 'Lifecycle', cell: ({ lifecycle }) => <Badge status={lifecycle} /> },
  { title: 'Kind', cell: (agent) => <Clip text={kindOf(agent)} /> },
  {
    title: 'Change',
    isTitleUnseen: true,
    align: 'end',
    cell: (agent) => <AgentActs agent={agent} size="small" onDone={onDone} />,
  },
];

function AgentList() {
  const { query } = place.value;
  const status = chosenOf(STATUSES, 'status');
  const name = query.get('name');
  const live = useLiveList(`agents ${query}`, ['agent.'], (client, limit, signal) =>
    client.agents.list({ ...(status && { status }), ...(name !== null && { name }), limit }, { signal }),
  );
  return (
    <>
      <PageHead title="Agents" />
      <div class="filters">
        <Tabs name="status" label="Status" choices={choicesOf(STATUSES)} />
        <TextFilter name="name" label="Name" hint="exactly" />
      </div>
      <ListPanel
        label="Agents"
        caption="Agents, the newest first"
        live={live}
        columns={columnsOf(live.reload)}
        keyOf={({ id }) => id}
        empty={
          query.size > 0 ? (
            <Empty title="No agent is like that.">Take a filter away to see more.</Empty>
          ) : (
            <Empty title="No agents yet" example={example()}>
              An agent connects, is given what it works with, and sends heartbeats. An administrator makes
              one, with the token that npm start prints or npm run token:
            </Empty>
          )
        }
      />
      {isAdmin.value ? null : (
        <p class="muted">Sign in with an admin token as well to suspend agents and to read their logs.</p>
      )}
    </>
  );
}

/** All agents, or one of them. */
export function Agents() {
  const { part } = place.value;
  return part === undefined ? <AgentList /> : <AgentDetail id={part} />;
}
