import type { Agent } from '../../client/index.js';
import { useLive } from '../live.js';
import { Badge } from '../parts/badge.js';
import { Json } from '../parts/code.js';
import { Tabs } from '../parts/filters.js';
import { Exactly, Moment } from '../parts/moment.js';
import { PageHead } from '../parts/page-head.js';
import { Unread } from '../parts/unread.js';
import { type Fact, Facts, Failure, Panel, RunLink } from '../parts/words.js';
import { hrefOf, place } from '../place.js';
import { period } from '../span.js';
import { AgentActs } from './agent-acts.js';
import { kindOf } from './agent-kind.js';
import { AgentEvents, AgentLogs, AgentMail, Connections } from './agent-views.js';

const VIEWS = [
  ['', 'About'],
  ['connections', 'Connections'],
  ['events', 'Events'],
  ['mail', 'Mail'],
  ['logs', 'Logs'],
] as const;

const percent = (share: number) => `${(share * 100).toFixed(share === 1 ? 0 : 1)} %`;

function factsOf(agent: Agent): (Fact | undefined)[] {
  const { heartbeat, container, health, description } = agent;
  return [
    ['Id', <span class="mono">{agent.id}</span>],
    description === null ? undefined : ['Description', description],
    ['Kind', kindOf(agent)],
    ['Lifecycle', <Badge status={agent.lifecycle} />],
    ['Connection', <Badge status={agent.connection} />],
    ['Last heartbeat', <Moment at={agent.lastHeartbeatAt} />],
    [
      'Expected',
      `every ${period(heartbeat.intervalMs)}; silent after ${period(heartbeat.intervalMs * heartbeat.missedAfter)}`,
    ],
    agent.model === null ? undefined : ['Model', agent.model],
    container === null ? undefined : ['Container', <Badge status={container.status} />],
    container?.error ? ['Its error', container.error] : undefined,
    health === null ? undefined : ['Health', <Badge status={health.status} />],
    health?.error ? ['Found', health.error] : undefined,
    ['Made', <Exactly at={agent.createdAt} />],
    ['Changed', <Exactly at={agent.updatedAt} />],
    ['Tasks', <a href={hrefOf('tasks', undefined, { agent_name: agent.name })}>its tasks</a>],
    ['Run', <RunLink run={agent.run} />],
  ];
}

/** How it did in the last day. */
function LastDay({ id }: { id: string }) {
  const { data, error, reload } = useLive(`analytics of ${id}`, ['agent.'], (client, signal) =>
    client.agents.analytics(id, { period: '24h' }, { signal }),
  );
  const figures = data && [
    ['Connected', percent(data.uptime)],
    ['Sessions', data.sessions],
    ['Silences', data.silences],
    ['Heartbeats missed', data.missedHeartbeats],
  ];
  return (
    <Panel title="The last 24 hours">
      {error === undefined ? null : <Failure text={error} retry={reload} />}
      <dl class="figures">
        {figures?.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

function About({ agent }: { agent: Agent }) {
  const { instruction, tools, settings, environment, limits, topics, handler, brokers, metrics } = agent;
  return (
    <div class="columns">
      <div class="stack">
        <Panel title="About">
          <Facts facts={factsOf(agent)} />
        </Panel>
        {agent.isHosted ? null : <LastDay id={agent.id} />}
        {metrics === null ? null : (
          <Panel title="What its last heartbeat told">
            <Json name="its metrics" value={metrics} />
          </Panel>
        )}
      </div>
      <div class="stack">
        <Panel title={`What it is given (version ${agent.configVersion})`}>
          <Json name="its configuration" value={{ instruction, tools, settings, environment, limits }} />
        </Panel>
        <Panel title="How it takes messages">
          <Json
            name="how it takes messages"
            value={{ topics, handler, concurrency: agent.concurrency, busyPolicy: agent.busyPolicy, brokers }}
          />
        </Panel>
      </div>
    </div>
  );
}

function View({ agent }: { agent: Agent }) {
  const view = place.value.query.get('view');
  if (view === 'connections') return <Connections agent={agent} />;
  if (view === 'events') return <AgentEvents agent={agent} />;
  if (view === 'mail') return <AgentMail agent={agent} />;
  return view === 'logs' ? <AgentLogs agent={agent} /> : <About agent={agent} />;
}

/** One agent: how it is, what it is given, what happened to it. */
export function AgentDetail({ id }: { id: string }) {
  const back = { href: hrefOf('agents'), title: 'Agents' };
  const live = useLive(`agent ${id}`, ['agent.'], (client, signal) => client.agents.get(id, { signal }));
  const { data: agent, error, reload } = live;
  if (!agent) return <Unread title="Agent" back={back} live={live} />;
  return (
    <>
      <PageHead
        title={agent.name}
        back={back}
        about={<Badge status={agent.status} />}
        actions={<AgentActs agent={agent} onDone={reload} />}
      />
      {error === undefined ? null : <Failure text={error} retry={reload} />}
      <div>
        <Tabs name="view" label="What of it" choices={VIEWS} />
      </div>
      <View agent={agent} />
    </>
  );
}
