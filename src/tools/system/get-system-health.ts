import { z } from 'zod';
import { countUnended } from '../../db/service-figures.js';
import { createProbes, type Part, type Probes } from '../../http/probes.js';
import { defineBuiltin } from '../builtin.js';

/** Whether a part answers, and how long that took. */
async function look(probes: Probes, part: Part, now: () => number) {
  const begunAt = now();
  const isUp = await probes.isUp(part);
  return { status: isUp ? 'up' : 'down', answered_in_ms: isUp ? now() - begunAt : null };
}

export const getSystemHealth = defineBuiltin({
  name: 'get_system_health',
  version: '1.0',
  category: 'system',
  description:
    'Says whether the database and Temporal answer, and how many tasks of the organisation wait and run.',
  isRepeatable: true,
  schema: z.strictObject({}),
  async execute(_, { database, client, config, orgId, now }) {
    const probes = createProbes(database, client, now);
    const [databaseHealth, temporal] = [
      await look(probes, 'database', now),
      await look(probes, 'engine', now),
    ];
    const isHealthy = databaseHealth.status === 'up' && temporal.status === 'up';
    const tasks = databaseHealth.status === 'up' ? await countUnended(database.db, orgId) : null;
    return {
      status: isHealthy ? 'healthy' : 'degraded',
      database: { ...databaseHealth, kind: database.kind },
      temporal,
      tasks,
      version: config.version,
      checked_at: new Date(now()).toISOString(),
    };
  },
});
