import { condition, continueAsNew, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import { supervisorDetails } from '../domain/supervisor-details.js';
import type { AgentRef } from '../messages/agent.js';
import { type Supervision, supervise, supervisorQuery } from '../messages/supervisor.js';
import { superviseAgent } from './proxies.js';
import { type Watch, watchEnd } from './watch.js';

/** Checks every 30 s, for hours, come to less in one run. */
const MOST_EVENTS = 2_000;

/** An agent's container is kept as its lifecycle says, and the agent asked whether it is well, while it is at work. */
export async function supervisor(ref: AgentRef): Promise<void> {
  let state: Supervision | null = null;
  let watch: Watch | null = null;
  let hasContainer = false;
  let isStale = true;
  setHandler(supervisorQuery, () => state);
  setHandler(supervise, () => {
    isStale = true;
  });

  for (;;) {
    isStale = false;
    state = await superviseAgent({ ...ref, hasContainer });
    hasContainer = state?.container != null;
    if (state) setCurrentDetails(supervisorDetails(ref, state));
    if (watch && watch.id !== state?.watched) {
      watch.close();
      watch = null;
    }
    if (state === null && isStale) continue;
    if (state === null) return;
    if (isLong() && !isStale) {
      watch?.close();
      await continueAsNew<typeof supervisor>(ref);
    }
    if (state.watched !== null)
      watch ??= watchEnd(state.watched, () => {
        watch = null;
        isStale = true;
      });
    await (state.restMs === null ? condition(() => isStale) : condition(() => isStale, state.restMs));
  }
}

const isLong = () => workflowInfo().historyLength > MOST_EVENTS || workflowInfo().continueAsNewSuggested;
