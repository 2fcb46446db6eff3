import type { Client } from '@temporalio/client';
import type { SignalDefinition } from '@temporalio/common';
import type { Log } from '../log.js';

/** Tells running workflows that something changed, where only the latest word counts. */
export interface Teller {
  /** The first word goes at once, what follows within `intervalMs` becomes one word at its end. */
  tell(workflowId: string, signal: SignalDefinition, intervalMs: number): void;
  close(): void;
}

/**
 * One signal is under way at a time, so that telling never competes with the requests that it follows. A word that
 * cannot be delivered is dropped: whoever is told also looks by itself, only later.
 */
export function createTeller(client: Client, log: Log, now: () => number): Teller {
  const nextAllowedAt = new Map<string, number>();
  const waiting = new Map<string, NodeJS.Timeout>();
  const queue: { workflowId: string; signal: SignalDefinition }[] = [];
  let isSending = false;

  async function drain(): Promise<void> {
    if (isSending) return;
    isSending = true;
    for (let word = queue.shift(); word; word = queue.shift()) {
      const { workflowId, signal } = word;
      await client.workflow
        .getHandle(workflowId)
        .signal(signal)
        .catch((error: unknown) =>
          log.debug({ workflow: workflowId, error }, 'Could not tell a workflow of a change'),
        );
    }
    isSending = false;
  }

  function send(workflowId: string, signal: SignalDefinition, intervalMs: number): void {
    waiting.delete(workflowId);
    if (nextAllowedAt.size > 10_000) nextAllowedAt.clear();
    nextAllowedAt.set(workflowId, now() + intervalMs);
    queue.push({ workflowId, signal });
    void drain();
  }

  return {
    tell(workflowId, signal, intervalMs) {
      if (waiting.has(workflowId)) return;
      const delay = (nextAllowedAt.get(workflowId) ?? 0) - now();
      if (delay <= 0) return send(workflowId, signal, intervalMs);
      const timer = setTimeout(() => send(workflowId, signal, intervalMs), delay);
      timer.unref();
      waiting.set(workflowId, timer);
    },
    close() {
      for (const timer of waiting.values()) clearTimeout(timer);
      waiting.clear();
      queue.length = 0;
    },
  };
}
