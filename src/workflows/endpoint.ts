import { condition, continueAsNew, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import { endpointDetails } from '../domain/endpoint-details.js';
import { LINGER_MS, restOf } from '../domain/endpoint-rest.js';
import { type Endpoint, type EndpointState, endpointQuery, wake } from '../messages/endpoint.js';
import { retryDeliveries } from './proxies.js';

/** Bounds signals as well: a run goes deaf long after 2,000 of them. */
const MOST_EVENTS = 2_000;

/** What a receiver did not take: attempts it again when it is due, until nothing is left. */
export async function endpoint(input: Endpoint): Promise<void> {
  let state: EndpointState = { circuit: 'closed', failures: 0, pending: 0, nextAttemptAt: null };
  let lastWordAt = Date.now();
  let isWoken = false;
  setHandler(endpointQuery, () => state);
  setHandler(wake, () => {
    lastWordAt = Date.now();
    isWoken = true;
  });

  for (;;) {
    isWoken = false;
    state = await retryDeliveries(input);
    setCurrentDetails(endpointDetails(input.receiver, state));
    const now = Date.now();
    if (state.pending === 0 && !isWoken && now - lastWordAt >= LINGER_MS) return;
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    if (historyLength > MOST_EVENTS || continueAsNewSuggested) return continueAsNew<typeof endpoint>(input);
    const restMs = restOf({ nextAttemptAt: state.nextAttemptAt, lastWordAt, now });
    if (restMs > 0) await condition(() => isWoken, restMs);
  }
}
