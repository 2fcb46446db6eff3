import { continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { FeedRef } from '../messages/event-feed.js';
import { publishEvents } from './proxies.js';

const MOST_EVENTS = 2_000;

/** Publishes what an organisation's ledger tells through NATS, for ever, by one worker at a time. */
export async function eventFeed(ref: FeedRef): Promise<void> {
  while (workflowInfo().historyLength < MOST_EVENTS && !workflowInfo().continueAsNewSuggested)
    await publishEvents(ref);
  await continueAsNew<typeof eventFeed>(ref);
}
