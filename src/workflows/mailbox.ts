import { condition, continueAsNew, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import { mailboxDetails } from '../domain/mailbox-details.js';
import { restOfMailbox } from '../domain/mailbox-rest.js';
import type { AgentRef } from '../messages/agent.js';
import { type MailboxState, mailArrived, mailboxQuery } from '../messages/mailbox.js';
import { createHandling } from './handling.js';
import { lookAtMail } from './proxies.js';

/** Bounds signals as well: a run goes deaf long after 2,000 of them. */
const MOST_EVENTS = 2_000;

/**
 * An agent's messages that are handled here: runs a task for each, as many at once as the agent allows. `begun` are the
 * tasks that were under way when a run before this one ended.
 */
export async function mailbox(ref: AgentRef, begun: string[] = []): Promise<void> {
  let state: MailboxState = { name: '', queued: 0, handling: [], nextAt: null };
  let lastWordAt = Date.now();
  let isWoken = false;
  const handling = createHandling(ref, begun, () => {
    isWoken = true;
  });
  setHandler(mailboxQuery, () => state);
  setHandler(mailArrived, () => {
    lastWordAt = Date.now();
    isWoken = true;
  });

  for (;;) {
    isWoken = false;
    const look = await lookAtMail({ ...ref, running: handling.running() });
    await handling.run(look);
    state = { ...look, handling: look.handling.map(({ messageId }) => messageId) };
    setCurrentDetails(mailboxDetails(state));
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    if (historyLength > MOST_EVENTS || continueAsNewSuggested)
      return continueAsNew<typeof mailbox>(ref, handling.running());
    const restMs = restOfMailbox({
      nextAt: state.nextAt,
      isHandling: handling.running().length > 0,
      patienceMs: handling.patienceMs(),
      lastWordAt,
      now: Date.now(),
    });
    if (restMs === null) await condition(() => isWoken);
    else if (restMs > 0) await condition(() => isWoken, restMs);
    else if (!isWoken) return;
  }
}
