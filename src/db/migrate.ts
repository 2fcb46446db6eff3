import { type Kysely, type Migration, Migrator } from 'kysely';
import { DatabaseError, isUnavailable, reasonOf } from './database-error.js';
import { adoptEvents } from './events.js';
import * as timers from './migrations/0001-timers.js';
import * as eventDeliveries from './migrations/0002-event-deliveries.js';
import * as statistics from './migrations/0003-statistics.js';
import * as agents from './migrations/0004-agents.js';
import * as agentStatistics from './migrations/0005-agent-statistics.js';
import * as tasks from './migrations/0006-tasks.js';
import * as taskStatistics from './migrations/0007-task-statistics.js';
import * as callErrors from './migrations/0008-call-errors.js';
import * as spending from './migrations/0009-spending.js';
import * as deliveriesOfTasks from './migrations/0010-deliveries-of-tasks.js';
import * as schedules from './migrations/0011-schedules.js';
import * as messages from './migrations/0012-messages.js';
import type { Tables } from './tables.js';
import { adoptMessages } from './topic-history.js';

/** In the order in which they run. What has been released is never changed, only followed. */
const MIGRATIONS: Record<string, Migration> = {
  '0001-timers': timers,
  '0002-event-deliveries': eventDeliveries,
  '0003-statistics': statistics,
  '0004-agents': agents,
  '0005-agent-statistics': agentStatistics,
  '0006-tasks': tasks,
  '0007-task-statistics': taskStatistics,
  '0008-call-errors': callErrors,
  '0009-spending': spending,
  '0010-deliveries-of-tasks': deliveriesOfTasks,
  '0011-schedules': schedules,
  '0012-messages': messages,
};

const migratorOf = (db: Kysely<Tables>) =>
  new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } });

/** The migrations that have not run here. Changes nothing. */
export async function missingMigrations(db: Kysely<Tables>): Promise<string[]> {
  const migrations = await migratorOf(db).getMigrations();
  return migrations.filter(({ executedAt }) => executedAt === undefined).map(({ name }) => name);
}

/**
 * Brings the tables up to date, all or nothing; several processes may do so at once, one does. Answers the names of
 * what it ran. What a dump brought from another cluster is adopted. Throws a DatabaseError when a migration fails or the database is newer than this program.
 */
export async function migrate(db: Kysely<Tables>): Promise<string[]> {
  const { error, results = [] } = await migratorOf(db).migrateToLatest();
  if (error === undefined) {
    await adoptEvents(db);
    await adoptMessages(db);
    return results.map(({ migrationName }) => migrationName);
  }
  if (isUnavailable(error)) throw error;
  const failed = results.find(({ status }) => status === 'Error');
  const message = failed
    ? `the migration ${failed.migrationName} failed, nothing was changed: ${reasonOf(error)}`
    : `the database cannot be migrated, perhaps a newer Mainspring wrote it: ${reasonOf(error)}`;
  throw new DatabaseError('migration', message, { cause: error });
}
