import {
  condition,
  continueAsNew,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { agentDetails } from '../domain/agent-details.js';
import { type LifecycleVerb, VERBS } from '../domain/agent-lifecycle.js';
import { agentStatus } from '../domain/agent-status.js';
import {
  type AgentRef,
  type AgentState,
  agentChanged,
  agentQuery,
  lifecycleSignals,
} from '../messages/agent.js';
import { MsStatus } from '../messages/search-attributes.js';
import { checkAgent, moveAgent } from './proxies.js';
import { openSession, type Session } from './session.js';

/** A few changes a day for years come to less in one run. */
const MOST_EVENTS = 2_000;

/** One agent, from its creation to its deletion: while it is connected, a session waits for it to fall silent. */
export async function agent(ref: AgentRef): Promise<void> {
  let state: AgentState | null = null;
  let session: Session | null = null;
  let isStale = true;
  let wasSilent = false;
  const wanted: LifecycleVerb[] = [];
  for (const verb of VERBS)
    setHandler(lifecycleSignals[verb], () => {
      wanted.push(verb);
      isStale = true;
    });
  setHandler(agentQuery, () => state);
  setHandler(agentChanged, () => {
    isStale = true;
  });

  for (;;) {
    for (let verb = wanted.shift(); verb; verb = wanted.shift()) await moveAgent({ ...ref, verb });
    isStale = false;
    state = await checkAgent({ ...ref, wasSilent });
    wasSilent = false;
    if (state) show(ref, state);
    const isConnected = state !== null && state.connection !== 'offline';
    if (session && !(isConnected && session.deadlineMs === state?.deadlineMs)) {
      await session.close();
      session = null;
    }
    if (state === null) return;
    // A new run opens the session again by itself.
    if (isLong() && !isStale) await continueAsNew<typeof agent>(ref);
    if (isConnected) session ??= openSession(ref, state);
    const isChanged = condition(() => isStale).then(() => null);
    const ended = await (session ? Promise.race([isChanged, session.ended]) : isChanged);
    if (ended === null) continue;
    session = null;
    wasSilent = ended;
  }
}

const isLong = () => workflowInfo().historyLength > MOST_EVENTS || workflowInfo().continueAsNewSuggested;

function show(ref: AgentRef, state: AgentState): void {
  setCurrentDetails(agentDetails(ref, state));
  const status = agentStatus(state);
  const shown = workflowInfo().typedSearchAttributes.get(MsStatus);
  if (shown !== status) upsertSearchAttributes([{ key: MsStatus, value: status }]);
}
