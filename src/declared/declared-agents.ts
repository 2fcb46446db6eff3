import { v7 as newId } from 'uuid';
import { plainOf, usualHeartbeat } from '../agents/asked-agent.js';
import { closeSession, eventOf } from '../agents/connections.js';
import { dropMail } from '../agents/drop-mail.js';
import {
  type AgentColumns,
  type AgentRow,
  declaredAgents,
  deleteAgent,
  insertAgent,
  updateAgent,
} from '../db/agents.js';
import type { Db } from '../db/database.js';
import { appendEvents } from '../db/events.js';
import { notify } from '../db/notify.js';
import { keepTools } from '../db/tools.js';
import { withHandlerSecrets } from '../domain/handler-secrets.js';
import { restoreSettings } from '../domain/mask-settings.js';
import { sealing } from '../domain/url-secrets.js';
import type { Catalogue } from '../hosted/catalogue.js';
import { type GuardOptions, leadsInwards } from '../outbound/guard.js';
import type { DeclaredAgent } from '../schemas/declaration.js';
import type { FieldError } from '../schemas/field-errors.js';
import type { Vault } from '../secrets/vault.js';
import { openedOrNull } from './opened.js';

export interface DeclaredAgentsOptions {
  orgId: string;
  vault: Vault;
  guard: GuardOptions;
  catalogue: Pick<Catalogue, 'handlers'>;
  at: Date;
}

/** What the agents of a file came to: those that were changed and those to be removed, or what is wrong. */
export type AgentsWritten =
  | { kind: 'written'; changed: AgentRow[]; gone: AgentRow[] }
  | { kind: 'refused'; errors: FieldError[] };

/** What a declaration says of a row, secrets in the open. */
const wantedOf = (agent: DeclaredAgent) => ({
  ...plainOf(agent),
  settings: agent.settings,
  environment: agent.environment,
  topics: agent.topics,
  handler: agent.handler ?? null,
  concurrency: agent.concurrency,
  busyPolicy: agent.busyPolicy,
  maxDeliveries: agent.maxDeliveries,
});
type Wanted = ReturnType<typeof wantedOf>;

/** What cannot be opened any more is like nothing that is declared, and is sealed anew. */
const standingOf = (row: AgentRow, vault: Vault): Wanted => {
  const open = (text: string) => openedOrNull(vault, text) ?? '';
  return {
    ...plainOf(row),
    settings: JSON.parse(open(row.settings) || 'null'),
    environment: JSON.parse(open(row.environment) || 'null'),
    topics: row.topics,
    handler: withHandlerSecrets(row.handler, { url: open, secret: open }),
    concurrency: row.concurrency,
    busyPolicy: row.busy_policy,
    maxDeliveries: row.max_deliveries,
  };
};

const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

/** How it takes messages. */
const mailColumnsOf = (
  { topics, handler, concurrency, busyPolicy, maxDeliveries }: Wanted,
  vault: Vault,
): AgentColumns => ({
  topics: JSON.stringify(topics),
  handler: JSON.stringify(withHandlerSecrets(handler, sealing(vault))),
  ...{ concurrency, busy_policy: busyPolicy, max_deliveries: maxDeliveries },
});

function columnsOf(agent: DeclaredAgent, vault: Vault): AgentColumns {
  const wanted = wantedOf(agent);
  const { type, description, model, instruction, tools, limits, settings, environment } = wanted;
  return {
    ...{ type, description, model },
    ...mailColumnsOf(wanted, vault),
    instruction: JSON.stringify(instruction),
    tools: JSON.stringify(tools),
    limits: JSON.stringify(limits),
    settings: vault.seal(JSON.stringify(settings)),
    environment: vault.seal(JSON.stringify(environment)),
  };
}

/** Writes an agent that is new; undefined where another, that no file declared, has its name. */
async function create(
  tx: Db,
  agent: DeclaredAgent,
  { orgId, vault, at }: DeclaredAgentsOptions,
): Promise<AgentRow | undefined> {
  const { interval: intervalMs, missedAfter } = usualHeartbeat();
  const row = await insertAgent(tx, {
    ...{ id: newId(), orgId, name: agent.name, definition: null, isDeclared: true },
    ...{ ...plainOf(agent), intervalMs, missedAfter, onMissed: [] },
    columns: mailColumnsOf(wantedOf(agent), vault),
    settings: vault.seal(JSON.stringify(agent.settings)),
    environment: vault.seal(JSON.stringify(agent.environment)),
  });
  if (row) await appendEvents(tx, [eventOf(row, 'agent.created', {}, at)]);
  return row;
}

/** Removes what is declared no more, with all that is theirs. */
export async function removeAgents(tx: Db, gone: readonly AgentRow[], at: Date): Promise<void> {
  for (const row of gone) {
    await closeSession(tx, row, { reason: 'deleted', at });
    await dropMail(tx, row);
    await deleteAgent(tx, row);
    await appendEvents(tx, [eventOf(row, 'agent.deleted', {}, at)]);
    await notify(tx, 'keys', row.org_id);
  }
}

/** Brings one to what is declared; null where it is so already. */
async function update(
  tx: Db,
  row: AgentRow,
  agent: DeclaredAgent,
  { vault, at }: DeclaredAgentsOptions,
): Promise<AgentRow | null> {
  if (isSame(wantedOf(agent), standingOf(row, vault))) return null;
  const changed = await updateAgent(tx, row, columnsOf(agent, vault), { raisesConfig: true });
  await appendEvents(tx, [eventOf(changed, 'agent.updated', { fields: ['*'] }, at)]);
  return changed;
}

const MASKED = 'is the mask of a secret: write the secret itself';

/** Why an agent's messages cannot be handled so. */
function flawsOfHandler(
  { handler }: DeclaredAgent,
  path: string,
  { catalogue, guard }: DeclaredAgentsOptions,
): FieldError[] {
  if (!handler) return [];
  if (!catalogue.handlers.has(handler.type))
    return [{ path, message: `must be one of ${[...catalogue.handlers.keys()].join(', ')}` }];
  return 'url' in handler && leadsInwards(handler.url, guard)
    ? [{ path: `${path}.url`, message: 'is not an address that may be reached' }]
    : [];
}

async function flawsOf(
  tx: Db,
  agents: readonly DeclaredAgent[],
  options: DeclaredAgentsOptions,
): Promise<FieldError[]> {
  const { orgId } = options;
  const known = await keepTools(tx, orgId, [...new Set(agents.flatMap(({ tools }) => tools))]);
  return agents.flatMap(flawsOfOne);

  function flawsOfOne(agent: DeclaredAgent, index: number): FieldError[] {
    const { name, tools, settings, environment } = agent;
    return [
      ...Object.entries({ settings, environment }).flatMap(([field, given]) =>
        restoreSettings(given, {}, `agents.${index}.${field}`).unknown.map((path) => ({
          path,
          message: MASKED,
        })),
      ),
      ...(agents.findIndex((other) => other.name === name) < index
        ? [{ path: `agents.${index}.name`, message: 'another agent above has this name' }]
        : []),
      ...tools.flatMap((tool, place) =>
        known.has(tool)
          ? []
          : [{ path: `agents.${index}.tools.${place}`, message: 'is not the name of a tool' }],
      ),
      ...flawsOfHandler(agent, `agents.${index}.handler`, options),
    ];
  }
}

/** Creates and changes what is declared; other agents stay as they are. */
export async function writeAgents(
  tx: Db,
  agents: readonly DeclaredAgent[],
  options: DeclaredAgentsOptions,
): Promise<AgentsWritten> {
  const errors = await flawsOf(tx, agents, options);
  const standing = new Map((await declaredAgents(tx, options.orgId)).map((row) => [row.name, row]));
  const changed: AgentRow[] = [];
  for (const [index, agent] of agents.entries()) {
    if (errors.length > 0) break;
    const row = standing.get(agent.name);
    standing.delete(agent.name);
    const written = row ? await update(tx, row, agent, options) : await create(tx, agent, options);
    if (written) changed.push(written);
    else if (written === undefined)
      errors.push({ path: `agents.${index}.name`, message: 'is the name of an agent that no file declared' });
  }
  if (errors.length > 0) return { kind: 'refused', errors };
  return { kind: 'written', changed, gone: [...standing.values()] };
}
