import type { Config } from '../config.js';
import type { Database, Db } from '../db/database.js';
import { ensureOrg, findOrg, lockOrg } from '../db/orgs.js';
import type { Schedules } from '../engine/schedules.js';
import type { Starter } from '../engine/starter.js';
import type { Catalogue } from '../hosted/catalogue.js';
import { ensureHosted } from '../hosted/ensure-hosted.js';
import type { Log } from '../log.js';
import type { GuardOptions } from '../outbound/guard.js';
import type { Scheduling } from '../schedules/scheduling.js';
import type { Declaration } from '../schemas/declaration.js';
import type { Vault } from '../secrets/vault.js';
import { generateWebhookSecret } from '../secrets/webhook-secret.js';
import { removeAgents, writeAgents } from './declared-agents.js';
import { type DeclaredFile, readDeclared } from './declared-file.js';
import { writeSchedules } from './declared-schedules.js';

export interface DeclaredOptions {
  config: Config;
  log: Log;
  database: Database;
  vault: Vault;
  catalogue: Catalogue;
  guard: GuardOptions;
  starter: Pick<Starter, 'tryTellAgent'>;
  schedules: Pick<Schedules, 'delete'>;
  scheduling: Pick<Scheduling, 'applyEach'>;
  now?: () => number;
}

/** In development there is one from the start on. */
const DEMO = 'demo';

async function ensureDeclaredOrg(options: DeclaredOptions, file: DeclaredFile): Promise<void> {
  const { config, database, vault, catalogue } = options;
  const { org: id } = file.declaration;
  if (!(await findOrg(database.db, id))) {
    if (config.isProduction || id !== DEMO)
      throw file.errorOf([{ path: 'org', message: `there is no organisation "${id}": make it first` }]);
    const webhookSecret = vault.seal(generateWebhookSecret());
    await ensureOrg(database.db, { id, name: 'Demo', tier: 'pro', webhookSecret });
  }
  // Schedules may name agents that come along.
  await ensureHosted(database.db, catalogue, vault, { orgId: id });
}

/** The rows that a declaration asks for, all or none. */
async function write(options: DeclaredOptions, tx: Db, file: DeclaredFile, at: Date) {
  const { declaration, errorOf } = file;
  const { vault, config, guard, catalogue } = options;
  await lockOrg(tx, declaration.org);
  const orgId = declaration.org;
  const agents = await writeAgents(tx, declaration.agents, { orgId, vault, guard, catalogue, at });
  if (agents.kind === 'refused') throw errorOf(agents.errors);
  const schedules = await writeSchedules({ db: tx, vault, config, guard, catalogue }, declaration, at);
  if (schedules.kind === 'refused') throw errorOf(schedules.errors);
  // Last, because schedules that Temporal has to forget go with them.
  await removeAgents(tx, agents.gone, at);
  return { agents: [...agents.changed, ...agents.gone], schedules };
}

/**
 * Brings agents and schedules to what the file of `MAINSPRING_CONFIG` declares, and takes away what it declared before.
 * Of several processes that start at once, one does. Throws a ConfigError that names file, line and field of what is
 * wrong; nothing has changed then.
 */
export async function applyDeclared(options: DeclaredOptions): Promise<Declaration | undefined> {
  const { config, database, schedules: engine, scheduling, starter, log, now = Date.now } = options;
  if (config.MAINSPRING_CONFIG === undefined) return undefined;
  const file = readDeclared(config.MAINSPRING_CONFIG);
  await ensureDeclaredOrg(options, file);
  const at = new Date(now());
  const { agents, schedules } = await database.db.transaction().execute((tx) => write(options, tx, file, at));
  const { org: orgId } = file.declaration;
  for (const { id: agentId } of agents) void starter.tryTellAgent({ orgId, agentId });
  for (const scheduleId of schedules.removed) await engine.delete({ orgId, scheduleId });
  await scheduling.applyEach(schedules.changed.map((scheduleId) => ({ orgId, scheduleId })));
  const facts = {
    changed: schedules.changed.length,
    removed: schedules.removed.length,
    agents: agents.length,
  };
  log.info({ file: config.MAINSPRING_CONFIG, org: orgId, ...facts }, 'Agents and schedules are as declared');
  return file.declaration;
}
