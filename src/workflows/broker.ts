import {
  CancellationScope,
  condition,
  continueAsNew,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { brokerDetails } from '../domain/broker-details.js';
import { type BrokerRef, type BrokerState, brokerChanged, brokerQuery } from '../messages/broker.js';
import { carryMessages, checkBroker } from './proxies.js';

const MOST_EVENTS = 2_000;

/** A broker outside, from its creation to its deletion: one worker holds the connection to it. */
export async function broker(ref: BrokerRef): Promise<void> {
  let state: BrokerState | null = null;
  let isStale = true;
  let carrying: Carrying | null = null;
  setHandler(brokerQuery, () => state);
  setHandler(brokerChanged, () => {
    isStale = true;
  });

  for (;;) {
    isStale = false;
    state = await checkBroker(ref);
    if (state) setCurrentDetails(brokerDetails(state));
    const isOver = state === null || isLong();
    if (isOver) await carrying?.end();
    if (state === null) return;
    if (isOver && !isStale) await continueAsNew<typeof broker>(ref);
    if (!carrying || carrying.hasEnded()) carrying = startCarrying(ref);
    const current = carrying;
    await condition(() => isStale || current.hasEnded());
  }
}

const isLong = () => workflowInfo().historyLength > MOST_EVENTS || workflowInfo().continueAsNewSuggested;

interface Carrying {
  hasEnded(): boolean;
  /** Resolves when the connection is closed. */
  end(): Promise<void>;
}

/** It ends when the connection is lost; however it does, the next one is opened. */
function startCarrying(ref: BrokerRef): Carrying {
  const scope = new CancellationScope();
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  scope.run(() => carryMessages(ref)).then(end, end);
  return {
    hasEnded: () => isOver,
    async end() {
      scope.cancel();
      await condition(() => isOver);
    },
  };
}
