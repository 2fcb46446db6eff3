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
const LINGER_MS = 30_000;
/** What a wake-up tells of may not be written yet: look once more. */
const LOOK_AGAIN_MS = 2_000;
/** Words that come together are answered by one look; this long after them. */
const SETTLE_MS = 100;
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
    const wasWoken = await condition(() => isWoken, waitMs(state, Date.now() - lastWordAt));
    if (wasWoken) await sleep(SETTLE_MS);
  }
}

/** Until the next attempt; sooner where a word came just now, or where nothing is left but to end. */
function waitMs({ nextAttemptAt }: EndpointState, sinceWordMs: number): number {
  const untilNextMs =
    nextAttemptAt === null ? LINGER_MS - sinceWordMs : Date.parse(nextAttemptAt) - Date.now();
  const untilLookMs = sinceWordMs < LOOK_AGAIN_MS ? LOOK_AGAIN_MS - sinceWordMs : Number.POSITIVE_INFINITY;
  return Math.max(1, Math.min(untilNextMs, untilLookMs));
}
