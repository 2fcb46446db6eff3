import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection as TemporalConnection } from '@temporalio/client';
import { drive, post } from '../load.mjs';
import { memoryOf } from '../machine.mjs';
import { startModelServer } from '../model-server.mjs';

const AGENTS = 50;
const PER_SECOND = 100;
const SUSTAINED_MS = 20_000;
const LONE = 200;
const LISTENERS = 200;
const TOLD = 100;
const CONNECTIONS = 16;
const PAUSED = 10_000;

const quantile = (values, share) => {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 10) / 10;
};

/** Requests to the product; throws for an answer that is none. */
function asking({ base, keys, adminToken }) {
  const admin = adminToken();
  return async (path, body, method = body === undefined ? 'GET' : 'POST') => {
    const answer = await fetch(new URL(path, base), {
      method,
      headers: {
        ...(method === 'GET' || path.includes('messages')
          ? { 'x-api-key': keys[0] }
          : { authorization: `Bearer ${admin}` }),
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? null : answer.json();
  };
}

const envelope = (n) =>
  JSON.stringify({ from: 'bench', type: 'question', payload: { content: `message ${n}` } });

async function startAgents(ask, count, more = {}) {
  const ids = [];
  for (let index = 0; index < count; index++) {
    const { agent } = await ask('/agents', {
      name: `mail-${more.handler ?? more.description ?? 'leases'}-${index}`,
      ...more,
    });
    await ask(`/agents/${agent.id}/start`, {});
    ids.push(agent.id);
  }
  return ids;
}

/** From the request that sends a message to the moment at which a consumer that waits has it, in ms. */
async function loneMessages(ask, id) {
  const took = [];
  for (let n = 0; n < LONE; n++) {
    const waiting = ask(`/agents/${id}/inbox?wait=30s`).then((inbox) => ({ inbox, at: performance.now() }));
    await sleep(30);
    const sentAt = performance.now();
    await ask(`/agents/${id}/messages`, JSON.parse(envelope(n)));
    const { inbox, at } = await waiting;
    const [message] = inbox.messages;
    took.push(at - sentAt);
    await ask(`/messages/${message.id}/ack`, { leaseId: message.leaseId }, 'POST');
  }
  return { created: LONE, p50: quantile(took, 0.5), p99: quantile(took, 0.99) };
}

/** The longest run of a mailbox's workflow, in events. */
async function longestRun(product, id) {
  const connection = await TemporalConnection.connect({ address: product.temporalAddress });
  try {
    const { workflow } = new Client({ connection, namespace: 'mainspring' });
    let longest = 0;
    for await (const run of workflow.list({ query: `WorkflowId = "mailbox/demo/${id}"` }))
      longest = Math.max(longest, run.historyLength);
    return longest;
  } finally {
    await connection.close();
  }
}

/** Queues so many for a paused agent elsewhere, lets it go on, and looks at the order in which it is given them. */
async function leased(ask, product) {
  const [id] = await startAgents(ask, 1, { description: 'leases after a pause' });
  await ask(`/agents/${id}/pause`, {});
  const queued = await drive({
    base: product.base,
    connections: 1,
    count: PAUSED,
    make: (n) => post(product.base, `/agents/${id}/messages`, product.keys[0], envelope(n)),
  });
  await ask(`/agents/${id}/resume`, {});
  const startedAt = performance.now();
  const order = [];
  while (order.length < PAUSED) {
    const { messages: given } = await ask(`/agents/${id}/inbox?wait=30s`);
    for (const { id: messageId, leaseId, payload } of given) {
      order.push(Number(payload.content.split(' ').at(-1)));
      await ask(`/messages/${messageId}/ack`, { leaseId });
    }
  }
  return {
    created: queued.created,
    count: new Set(order).size,
    early: order.filter((n, index) => n !== index).length,
    perSecond: Math.round((PAUSED / (performance.now() - startedAt)) * 1_000),
  };
}

/** Queues so many for a paused agent with a handler, lets it go on, and looks at the order in which the model was asked. */
async function resumed(ask, product, model, count) {
  const [id] = await startAgents(ask, 1, { handler: 'chat' });
  await ask(`/agents/${id}/pause`, {});
  const queued = await drive({
    base: product.base,
    connections: 1,
    count,
    make: (n) => post(product.base, `/agents/${id}/messages`, product.keys[0], envelope(n)),
  });
  model.asked.length = 0;
  const startedAt = performance.now();
  await ask(`/agents/${id}/resume`, {});
  while ((await ask(`/agents/${id}/messages?status=queued&limit=1`)).messages.length > 0) await sleep(1_000);
  await sleep(2_000);
  const elapsedMs = performance.now() - startedAt;
  const order = model.asked.map((text) => Number(/message (\d+)/.exec(text)?.[1]));
  const wrong = order.filter((n, index) => index > 0 && n < (order[index - 1] ?? 0)).length;
  return {
    created: queued.created,
    count: new Set(order).size,
    early: wrong,
    perSecond: Math.round((count / elapsedMs) * 10_000) / 10,
    eventsPerRun: await longestRun(product, id),
  };
}

/** So many listeners of events: when the last of them has heard each, counted from the answer of what was told. */
async function listened(ask, product, id) {
  const heard = new Map();
  const leaving = new AbortController();
  const before = memoryOf(product.pids('own'));
  const listen = async () => {
    const { body } = await fetch(new URL('/events?type=message.received', product.base), {
      headers: { 'x-api-key': product.keys[0], accept: 'text/event-stream' },
      signal: leaving.signal,
    });
    return (async () => {
      let text = '';
      for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        const blocks = text.split('\n\n');
        text = blocks.pop();
        for (const block of blocks) {
          const subject = /"subject":"([^"]+)"/.exec(block)?.[1];
          if (subject) heard.set(subject, [...(heard.get(subject) ?? []), performance.now()]);
        }
      }
    })().catch(() => undefined);
  };
  const listeners = await Promise.all(Array.from({ length: LISTENERS }, async () => ({ over: listen() })));
  await sleep(2_000);
  const sent = new Map();
  for (let n = 0; n < TOLD; n++) {
    const { message } = await ask(`/agents/${id}/messages`, { id: `told-${n}`, ...JSON.parse(envelope(n)) });
    sent.set(message.id, performance.now());
    await sleep(50);
  }
  await sleep(3_000);
  const memory = memoryOf(product.pids('own')) - before;
  leaving.abort();
  await Promise.allSettled(listeners.map(({ over }) => over));
  const late = [...sent].flatMap(([subject, at]) => (heard.get(subject) ?? []).map((moment) => moment - at));
  return {
    created: TOLD,
    count: late.length,
    lost: TOLD * LISTENERS - late.length,
    p50: quantile(late, 0.5),
    p99: quantile(late, 0.99),
    memory: `${Math.round(memory / 2 ** 20)} MB more`,
  };
}

/** Messages: accepted, leased over a long poll, leased and handled in order after a pause, and what 200 listeners hear of them. */
export async function messages({ product, report, model, count }) {
  const ask = asking(product);
  const ids = await startAgents(ask, AGENTS);
  const [first] = ids;
  const make = (n) => post(product.base, `/agents/${ids[n % AGENTS]}/messages`, product.keys[0], envelope(n));
  const shown = ({ created, failed, perSecond, p50, p99 }) => ({
    created,
    lost: failed,
    perSecond,
    p50,
    p99,
  });
  await report('from POST to a consumer that waits', () => loneMessages(ask, first));
  await report(`${PER_SECOND} messages a second over ${AGENTS} agents`, async () =>
    shown(
      await drive({
        ...{ base: product.base, connections: CONNECTIONS, make },
        ...{ count: (PER_SECOND * SUSTAINED_MS) / 1_000, perSecond: PER_SECOND },
      }),
    ),
  );
  await report(`messages as fast as they are taken, ${CONNECTIONS} connections`, async () =>
    shown(await drive({ base: product.base, connections: CONNECTIONS, count: 2_000, make })),
  );
  await report(`${LISTENERS} listeners`, () => listened(ask, product, ids[1]));
  await report(`${PAUSED.toLocaleString('en')} messages of a paused agent elsewhere, after its resume`, () =>
    leased(ask, product),
  );
  await report(`${count.toLocaleString('en')} messages of a paused agent, after its resume`, () =>
    resumed(ask, product, model, count),
  );
}

/** What the product has to be started with. */
export async function forMessages() {
  const model = await startModelServer();
  return { model, env: { LLM_ENDPOINT: model.url, LLM_MODEL: 'bench-model' }, close: model.close };
}
