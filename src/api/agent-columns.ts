import { plainOf } from '../agents/asked-agent.js';
import type { AgentColumns, AgentRow, NewAgent } from '../db/agents.js';
import type { Db } from '../db/database.js';
import { keepTools } from '../db/tools.js';
import type { AgentChange, AgentRequest, Heartbeat } from '../schemas/agent.js';
import { refusalsOf, sealed } from '../timers/prepare.js';
import { hostingColumnsOf, mailColumnsOf } from './agent-mail-columns.js';
import { invalid } from './problem.js';
import type { Services } from './services.js';
import { sealSettings } from './settings.js';

type Sealing = Pick<Services, 'vault' | 'guard' | 'config' | 'catalogue'>;

/** Throws for names that no tool has; those that one has are not deleted before the transaction ends. */
export async function assertTools(tx: Db, orgId: string, names: readonly string[]): Promise<void> {
  const known = await keepTools(tx, orgId, names);
  const errors = names.flatMap((name, index) =>
    known.has(name) ? [] : [{ path: `tools.${index}`, message: 'is not the name of a tool' }],
  );
  if (errors.length > 0) throw invalid(errors);
}

/** Actions as they are stored; throws where one leads where it must not. */
function sealActions(actions: Heartbeat['onMissed'], orgId: string, { vault, guard, config }: Sealing) {
  const errors = refusalsOf({ actions }, 'heartbeat.onMissed', { orgId, guard, config });
  if (errors.length > 0) throw invalid(errors);
  return sealed({ actions }, { vault, config }).actions;
}

/** The row that a request asks for. */
export function newAgentOf(
  request: AgentRequest,
  { id, orgId }: { id: string; orgId: string },
  services: Sealing,
): NewAgent {
  const { vault } = services;
  const { name, settings, environment, heartbeat } = request;
  return {
    ...{ id, orgId, name, ...plainOf(request) },
    definition: null,
    settings: sealSettings(settings, { name: 'settings', vault }),
    environment: sealSettings(environment, { name: 'environment', vault }),
    intervalMs: heartbeat.interval,
    missedAfter: heartbeat.missedAfter,
    onMissed: sealActions(heartbeat.onMissed, orgId, services),
    columns: { ...mailColumnsOf(request, null, services), ...hostingColumnsOf(request, services) },
  };
}

const json = (value: unknown) => (value === undefined ? undefined : JSON.stringify(value));

/** What stood, changed limit by limit. */
const withChange = (stood: AgentRow['limits'], change: NonNullable<AgentChange['limits']>): object =>
  Object.fromEntries(Object.entries({ ...stood, ...change }).filter(([, limit]) => limit !== null));

const deadlineColumnsOf = ({ interval_ms, missed_after }: AgentRow, at: Date) => ({
  deadline_changed_at: at,
  deadline_before_ms: interval_ms * missed_after,
});

/** What a change writes of an agent's row; what it does not name stays. */
export function agentColumnsOf(
  change: AgentChange,
  { agent, at }: { agent: AgentRow; at: Date },
  services: Sealing,
): AgentColumns {
  const { vault } = services;
  const { name, type, description, instruction, tools, settings, model, environment, limits, heartbeat } =
    change;
  const given = <V, S>(value: V | undefined, stored: (value: V) => S) =>
    value === undefined ? undefined : stored(value);
  return {
    ...{ name, type, description, model },
    instruction: json(instruction),
    tools: json(tools),
    limits: json(given(limits, (value) => withChange(agent.limits, value))),
    settings: given(settings, (value) =>
      sealSettings(value, { name: 'settings', stored: agent.settings, vault }),
    ),
    environment: given(environment, (value) =>
      sealSettings(value, { name: 'environment', stored: agent.environment, vault }),
    ),
    ...(heartbeat ? deadlineColumnsOf(agent, at) : {}),
    interval_ms: heartbeat?.interval,
    missed_after: heartbeat?.missedAfter,
    ...mailColumnsOf(change, agent.handler, services),
    ...hostingColumnsOf(change, services),
    on_missed: json(given(heartbeat?.onMissed, (value) => sealActions(value, agent.org_id, services))),
  };
}
