import { setTimeout as sleep } from 'node:timers/promises';
import { drive, post } from '../load.mjs';
import { startModelServer } from '../model-server.mjs';

const ALONE = 100;
const CONNECTIONS = 16;
const SUBMITTED = 1_000;
const QUEUED = 5_000;
/** Then little of the queue is worked off while it is measured. */
const THINKS_MS = 2_000;
const LATE_ONES = 20;
const SETTLE_MS = 5_000;
const PAGE = 100;

const quantile = (values, share) => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
};

function asking({ base, keys }) {
  return async (path) => {
    const answer = await fetch(new URL(path, base), { headers: { 'x-api-key': keys[0] } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
}

/** Submits so many tasks and answers how fast that was; their ids are the name with a number. */
function submit({ base, keys }, { name, priority, count, connections = CONNECTIONS, moments }) {
  const make = (order) => {
    moments?.set(`${name}-${order}`, { sentAt: performance.now() });
    return post(
      base,
      '/tasks',
      keys[0],
      JSON.stringify({
        ...{ task_id: `${name}-${order}`, agent_name: 'MarketAgent', prompt: `task ${order}` },
        ...{ priority, delivery: [] },
      }),
    );
  };
  const onStatus = (order) => {
    const moment = moments?.get(`${name}-${order}`);
    if (moment) moment.answeredAt = performance.now();
  };
  return drive({ base, connections, count, make, onStatus });
}

const shown = ({ created, failed, perSecond, p50, p99 }) => ({ created, lost: failed, perSecond, p50, p99 });
const waitMsOf = ({ created_at, started_at }) => Date.parse(started_at) - Date.parse(created_at);

/** Every task of a name that has begun, in the order in which they began. */
async function begun(ask, name, count) {
  const tasks = [];
  for (let order = 0; order < count; order += PAGE) {
    const ids = Array.from(
      { length: Math.min(PAGE, count - order) },
      (_, index) => `${name}-${order + index}`,
    );
    tasks.push(...(await Promise.all(ids.map((id) => ask(`/tasks/${id}`)))).map(({ task }) => task));
  }
  return tasks
    .filter(({ started_at: at }) => at !== null)
    .toSorted((one, other) => Date.parse(one.started_at) - Date.parse(other.started_at));
}

/** Submits so many one after the other, each when the one before has ended: how long each waited for its start. */
async function oneByOne(product, ask, { name, priority, count }) {
  const waited = [];
  for (let order = 0; order < count; order++) {
    await submit(product, { name: `${name}${order}`, priority, count: 1, connections: 1 });
    const { task } = await ask(`/tasks/${name}${order}-0?wait=30s`);
    waited.push(waitMsOf(task));
  }
  return { created: count, p50: quantile(waited, 0.5), p99: quantile(waited, 0.99) };
}

/** How many of the first ones that have begun were overtaken: by a worse priority, or by one that was sent later. */
async function overtaken(ask, moments) {
  const before = await begun(ask, 'first', SUBMITTED);
  const behind = [...(await begun(ask, 'queue', QUEUED)), ...(await begun(ask, 'beside', SUBMITTED))];
  const sent = before.map(({ task_id: id }) => moments.get(id));
  // Of two that were under way at once neither was submitted first.
  const passed = sent.filter(({ sentAt }, index) =>
    sent.slice(index + 1).some(({ answeredAt }) => answeredAt < sentAt),
  );
  return { count: before.length, early: behind.length + passed.length };
}

/** Submission, the way to the start when idle, and both beside a long queue. */
export async function tasks({ product, report, model }) {
  const ask = asking(product);
  const moments = new Map();
  await sleep(SETTLE_MS);
  await submit(product, { name: 'warm', priority: 5, count: 20, connections: 1 });
  await report('a lone task, from its submission to its start', () =>
    oneByOne(product, ask, { name: 'alone', priority: 5, count: ALONE }),
  );
  model.delayMs = THINKS_MS;
  await report(`submission of tasks, ${CONNECTIONS} connections`, async () =>
    shown(await submit(product, { name: 'first', priority: 5, count: SUBMITTED, moments })),
  );
  await report(`${QUEUED.toLocaleString('en')} more at BACKGROUND`, async () =>
    shown(await submit(product, { name: 'queue', priority: 9, count: QUEUED })),
  );
  await report('submission beside that queue', async () =>
    shown(await submit(product, { name: 'beside', priority: 7, count: SUBMITTED })),
  );
  await report('CRITICAL ones beside that queue, from submission to start', () =>
    oneByOne(product, ask, { name: 'late', priority: 1, count: LATE_ONES }),
  );
  await report('out of order', () => overtaken(ask, moments));
}

/** What the product has to be started with. */
export async function forTasks() {
  const model = await startModelServer();
  return { model, env: { LLM_ENDPOINT: model.url, LLM_MODEL: 'bench-model' }, close: model.close };
}
