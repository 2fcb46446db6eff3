/** The timers that a phase creates, and the wait for their webhooks. */
import { setTimeout as sleep } from 'node:timers/promises';
import { post } from './load.mjs';

const NOTE = 'x'.repeat(64);
let phases = 0;

/** A tag that no other phase of any run has used. */
export const newTag = (name) => `${name}-${Date.now().toString(36)}-${phases++}`;

/** The request that creates one timer. */
export function timerRequest({ base, key, sink, tag, order, dueMs, kind = 'hook' }) {
  const timer = {
    tenantId: 'bench',
    requestedBy: 'bench',
    name: `${tag}-${order}`,
    fireAt: new Date(dueMs).toISOString(),
    actionBundle: {
      actions: [
        { type: 'webhook', url: `${sink.url}/${kind}/${tag}?due=${dueMs}`, data: { order, note: NOTE } },
      ],
    },
  };
  return post(base, '/timers', key, JSON.stringify(timer));
}

/** Waits until `count` webhooks came, or `ms` are over. */
export async function awaitWebhooks(sink, tag, count, ms, since) {
  const deadline = Date.now() + ms;
  let stats = await sink.stats(tag, since);
  while (stats.count < count && Date.now() < deadline) {
    await sleep(200);
    stats = await sink.stats(tag, since);
  }
  return stats;
}
