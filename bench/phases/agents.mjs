import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection as TemporalConnection } from '@temporalio/client';
import { drive, post } from '../load.mjs';

const INTERVAL_MS = 10_000;
const MISSED_AFTER = 3;
const DEADLINE_MS = INTERVAL_MS * MISSED_AFTER;
const SUSTAINED_MS = 30_000;
const PER_SECOND = 300;
const SETTLING_MS = 10_000;
const SILENT = 500;
const SAMPLE = 100;
const HEARTBEAT = JSON.stringify({ status: 'busy', metrics: { cpu: 45, memory: 60, activeConnections: 3 } });

/** The answers of a drive, parsed. */
async function collect(options, pick) {
  const answers = [];
  const row = await drive({
    ...options,
    onStatus(k, status, body) {
      if (status < 300) answers[k] = pick(JSON.parse(body()));
    },
  });
  return { answers, row };
}

/** Makes and connects agents; answers their ids and tokens, and how fast connecting went. */
async function connectAll(product, count) {
  const { base } = product;
  const admin = product.adminToken();
  const heartbeat = { interval: INTERVAL_MS, missedAfter: MISSED_AFTER };
  const creates = {
    ...{ base, connections: 16, count },
    make: (k) => post(base, '/agents', admin, JSON.stringify({ name: `bench-${k}`, heartbeat })),
  };
  const { answers: ids } = await collect(creates, ({ agent }) => agent.id);
  const regenerates = {
    ...{ base, connections: 16, count },
    make: (k) => post(base, `/agents/${ids[k]}/credentials/regenerate`, admin, '{}'),
  };
  const { answers: secrets } = await collect(regenerates, ({ secret }) => secret);
  const connects = {
    ...{ base, connections: 16, count },
    make: (k) => post(base, `/agents/${ids[k]}/connect`, 'none', JSON.stringify({ secret: secrets[k] })),
  };
  const { answers: tokens, row } = await collect(connects, ({ token }) => token);
  return { agents: ids.map((id, index) => ({ id, token: tokens[index] })), row };
}

const heartbeatsOf = (product, agents) => (k) => {
  const { id, token } = agents[k % agents.length];
  return post(product.base, `/agents/${id}/heartbeat`, token, HEARTBEAT);
};

async function historyLength(product, agents) {
  const connection = await TemporalConnection.connect({ address: product.temporalAddress });
  try {
    const { workflow } = new Client({ connection, namespace: 'mainspring' });
    let events = 0;
    for (const { id } of agents.slice(0, SAMPLE)) {
      events += (await workflow.getHandle(`agent/demo/${id}`).describe()).historyLength;
    }
    return Math.round((events / Math.min(SAMPLE, agents.length)) * 10) / 10;
  } finally {
    await connection.close();
  }
}

/** How long after its deadline each silence was recorded, in ms. */
async function silences(product, since) {
  const late = [];
  let cursor = null;
  do {
    const after = cursor === null ? '' : `&cursor=${cursor}`;
    const answer = await fetch(
      `${product.base.origin}/events?type=agent.health_check_failed&limit=500${after}`,
      {
        headers: { 'x-api-key': product.keys[0] },
      },
    );
    const page = await answer.json();
    for (const { at, data } of page.events) {
      if (Date.parse(at) >= since) late.push(Date.parse(at) - Date.parse(data.lastHeartbeatAt) - DEADLINE_MS);
    }
    cursor = page.nextCursor;
  } while (cursor !== null);
  return late.sort((a, b) => a - b);
}

/** While the others go on, some stop at once: how long after its deadline each is noticed. */
async function fallSilent(product, agents) {
  const [silent, others] = [agents.slice(0, SILENT), agents.slice(SILENT)];
  await drive({
    base: product.base,
    connections: 32,
    count: silent.length,
    make: heartbeatsOf(product, silent),
  });
  const since = Date.now();
  const limitMs = DEADLINE_MS + 20_000;
  const going = drive({
    ...{ base: product.base, connections: 16, perSecond: others.length / (INTERVAL_MS / 1_000), ms: limitMs },
    make: heartbeatsOf(product, others),
  });
  let late = [];
  while (late.length < silent.length && Date.now() < since + limitMs) {
    await sleep(500);
    late = await silences(product, since);
  }
  await going;
  late = await silences(product, since);
  const [first = null, last = null] = [late[0], late.at(-1)];
  return {
    count: silent.length,
    noticed: late.length,
    early: late.filter((ms) => ms < 0).length,
    firstMs: first,
    p50: late[late.length >> 1],
    max: last,
  };
}

/**
 * Connected agents and their heartbeats: how many a second, how long each takes at a steady rate, whether the
 * histories of their workflows grow, and how soon silence is noticed.
 */
export async function agents({ product, report, count = 2_000 }) {
  let connected = [];
  await report(`agents, ${count} connect`, async () => {
    const { agents: all, row } = await connectAll(product, count);
    connected = all;
    return row;
  });
  const make = heartbeatsOf(product, connected);
  // Connecting is answered before the workflows have opened all sessions.
  await sleep(SETTLING_MS);
  await drive({ base: product.base, connections: 16, count, make });
  await sleep(SETTLING_MS);
  const before = await historyLength(product, connected);
  await report(`heartbeats, ${PER_SECOND} a second for ${SUSTAINED_MS / 1_000} s`, () =>
    drive({ base: product.base, connections: 64, perSecond: PER_SECOND, ms: SUSTAINED_MS, make }),
  );
  await report('heartbeats, 16 connections without a pause', () =>
    drive({ base: product.base, connections: 16, ms: 10_000, make }),
  );
  await report(
    `history of an agent with ${Math.round((PER_SECOND * SUSTAINED_MS) / 1_000 / count)} and more heartbeats`,
    async () => ({
      before,
      eventsPerRun: await historyLength(product, connected),
    }),
  );
  await report(`silence, ${SILENT} at once`, () => fallSilent(product, connected));
}
