import {
  condition,
  continueAsNew,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { endpointDetails } from '../domain/endpoint-details.js';
import { type Endpoint, type EndpointState, endpointQuery, wake } from '../messages/endpoint.js';
import { retryDeliveries } from './proxies.js';

/** Whoever ensures this workflow writes its row within this time: until then it does not end. */
const LINGER_MS = 15_000;
/** What a word tells of may not be written yet: look once more. */
const LOOK_AGAIN_MS = 2_000;
/** The engine's timers are up to 1 s late: a look is begun earlier, and waits for the moment itself. */
const EARLY_MS = 1_000;
/** Below the 4,096 at which a run should be over. */
const MOST_EVENTS = 3_000;

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
    if (state.pending === 0 && !isWoken && Date.now() - lastWordAt >= LINGER_MS) return;
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    if (historyLength > MOST_EVENTS || continueAsNewSuggested) return continueAsNew<typeof endpoint>(input);
    const restMs = restOf(state, Date.now() - lastWordAt);
    if (restMs > 0) await condition(() => isWoken, restMs);
  }
}

/** Until the next attempt; sooner where a word came just now, or where nothing is left but to end. */
function restOf({ nextAttemptAt }: EndpointState, sinceWordMs: number): number {
  const untilNextMs =
    nextAttemptAt === null ? LINGER_MS - sinceWordMs : Date.parse(nextAttemptAt) - EARLY_MS - Date.now();
  const untilLookMs = sinceWordMs < LOOK_AGAIN_MS ? LOOK_AGAIN_MS - sinceWordMs : Number.POSITIVE_INFINITY;
  return Math.min(untilNextMs, untilLookMs);
}
