import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, Victim } from './cluster/cluster.js';
import { type Stage, until } from './stage.js';

const HEALTHY_LIMIT_MS = 30_000;

export interface Outages {
  /** Before each of them. */
  pauseMs: number;
  downMs: number;
}

/** Kills one after the other with SIGKILL and starts it again; all must be well before the next one's turn. */
export async function killInTurn(
  { verdict, tell }: Pick<Stage, 'verdict' | 'tell'>,
  cluster: Cluster,
  victims: readonly Victim[],
  { pauseMs, downMs }: Outages,
): Promise<void> {
  for (const victim of victims) {
    await sleep(pauseMs);
    tell(`kill -9 of ${victim.name}`);
    await victim.kill();
    await sleep(downMs);
    await victim.start();
    const healthyMs = await until(cluster.areHealthy, HEALTHY_LIMIT_MS);
    verdict.check(`${victim.name}: healthy within 30 s afterwards`, healthyMs !== null);
  }
}
