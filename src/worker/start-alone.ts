import type { Context } from '../process/context.js';
import type { RunningWorkers } from '../process/program.js';
import { startWorkers } from './start.js';
import { openStatusServer } from './status-server.js';

/** Workers in a process without an API: it serves its own metrics and probes. */
export async function startWorkersAlone(context: Context): Promise<RunningWorkers> {
  const status = await openStatusServer(context);
  const workers = await startWorkers(context);
  status.setReady(true);
  return {
    ended: workers.ended,
    facts: [['Metrics', `${status.url}/metrics`]],
    beginShutdown() {
      status.setReady(false);
      workers.beginShutdown();
    },
    async close() {
      await workers.close();
      await status.close();
    },
  };
}
