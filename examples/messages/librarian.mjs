/**
 * An agent that answers what is asked on a topic. Kill it in the middle of a question and start it again: the question
 * comes again when its lease runs out, and those that came meanwhile wait.
 *
 *     node messages/librarian.mjs        (AIWM_BASE_URL, AIWM_AGENT_ID, AIWM_AGENT_SECRET)
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { AIWMClient } from 'mainspring';

/** How long looking something up takes. */
const WORK_MS = Number(process.env.WORK_MS ?? 500);
/** So soon after a crash the question comes again. */
const LEASE_MS = 3_000;
const SHELVES = { 'Moby-Dick': 'M4', Emma: 'A1', Middlemarch: 'E2' };

const aiwm = new AIWMClient({ enabled: true });
await aiwm.connect();
aiwm.startHeartbeat(10_000);

aiwm.onMessage(
  async ({ id, from, payload: { title } }) => {
    console.log(`${from} asks for ${title} (${id})`);
    await sleep(WORK_MS);
    // What a handler answers is the reply; what it throws has the message come again.
    return { title, shelf: SHELVES[title] ?? null };
  },
  { leaseMs: LEASE_MS, onError: (error) => console.error(error.message) },
);
console.log('the library is open');

for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, async () => {
    // The question that is being answered is answered; the others wait.
    await aiwm.disconnect();
    process.exit(0);
  });
