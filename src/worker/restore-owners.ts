import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { dueMoments } from '../db/windows.js';
import { SWEEP_ID } from '../messages/sweep.js';
import type { Context } from '../process/context.js';

const AT_ONCE = 20;

async function hasSweep(client: Client): Promise<boolean> {
  try {
    const { status } = await client.workflow.getHandle(SWEEP_ID).describe();
    return status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/**
 * Where Temporal knows nothing of Mainspring (it is new, or was lost) the owners of all scheduled timers are started
 * again, the nearest first; left to the sweep, each timer would be late. To be called before the sweep is started;
 * answers how many moments were seen to.
 */
export async function restoreOwners({
  client,
  database,
  starter,
  log,
}: Pick<Context, 'client' | 'database' | 'starter' | 'log'>): Promise<number> {
  if (await hasSweep(client)) return 0;
  const moments = await dueMoments(database.db, new Date());
  for (let start = 0; start < moments.length; start += AT_ONCE) {
    const some = moments.slice(start, start + AT_ONCE);
    await Promise.all(some.map(({ orgId, fireAt }) => starter.ensureOwners(orgId, fireAt)));
  }
  if (moments.length > 0) log.warn(`Owners of timers were started again, for ${moments.length} moments`);
  return moments.length;
}
