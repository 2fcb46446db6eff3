import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { CreatedOrg } from '../../src/api/create-org.js';
import type { Agent } from '../../src/schemas/agent.js';
import type { Event } from '../../src/schemas/event.js';
import { eventually, startMainspring, type TestMainspring } from '../support/mainspring.js';
import { openReceiver, type Receiver } from '../support/receiver.js';

const HEARTBEAT = { interval: '1s', missedAfter: 2 };
const DEADLINE_MS = 2_000;

let mainspring: TestMainspring;
let org: CreatedOrg;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await openReceiver();
  mainspring = await startMainspring();
  org = await mainspring.org();
});
afterAll(async () => {
  await mainspring.close();
  await receiver.close();
});

/** An agent that tells `/<name>` when it is silent, with a token. */
async function connectedAgent(name: string) {
  const { adminToken: token } = org;
  const onMissed = [{ type: 'webhook', url: `${receiver.url}/${name}`, data: { text: 'help' } }];
  const body = { name, heartbeat: { ...HEARTBEAT, onMissed } };
  const made = await mainspring.send('/agents', { token, body });
  const { id } = made.json<{ agent: Agent }>().agent;
  const path = `/agents/${id}`;
  const credentials = await mainspring.send(`${path}/credentials/regenerate`, { token, method: 'POST' });
  const { secret } = credentials.json<{ secret: string }>();
  const answer = await mainspring.send(`${path}/connect`, { body: { secret } });
  const { token: own } = answer.json<{ token: string }>();
  return {
    beat: async () => {
      const beat = await mainspring.send(`${path}/heartbeat`, { token: own, body: { status: 'online' } });
      expect(beat.status).toBe(200);
    },
    disconnect: () => mainspring.send(`${path}/disconnect`, { token: own, method: 'POST' }),
    read: async () => (await mainspring.send(path, { key: org.key })).json<{ agent: Agent }>().agent,
    events: async () => {
      const page = await mainspring.send(`/events?subject=${id}&limit=100`, { key: org.key });
      return page.json<{ events: Event[] }>().events;
    },
    sessions: async () => {
      const page = await mainspring.send(`${path}/history`, { key: org.key });
      return page.json<{ sessions: { endReason: string | null }[] }>().sessions;
    },
    calls: () => receiver.received.filter((call) => call.path === `/${name}`),
  };
}

test('an agent that falls silent is noticed once, told of, and comes back with its next heartbeat', async () => {
  const agent = await connectedAgent('silent');
  for (let count = 0; count < 4; count++) {
    await agent.beat();
    await delay(800);
  }
  expect(await agent.read()).toMatchObject({ status: 'active', connection: 'online', lifecycle: 'running' });
  await agent.beat();
  const lastBeatAt = Date.now();

  await eventually(agent.read, ({ connection }) => connection === 'offline');
  const noticedAfterMs = Date.now() - lastBeatAt;
  expect(noticedAfterMs).toBeGreaterThanOrEqual(DEADLINE_MS - 50);
  expect(noticedAfterMs).toBeLessThan(DEADLINE_MS + 1_500);
  expect(await agent.read()).toMatchObject({ status: 'inactive' });
  await eventually(agent.calls, (calls) => calls.length > 0);
  expect(JSON.parse(agent.calls()[0]?.body ?? '')).toMatchObject({ text: 'help', agent_name: 'silent' });

  await agent.beat();
  expect(await agent.read()).toMatchObject({ status: 'active', connection: 'online' });
  await delay(1_000);
  await agent.beat();
  const told = (await agent.events()).map(({ type, data }) => [type, data.by ?? data.reason ?? data.to]);
  expect(told.slice(-5)).toEqual([
    ['agent.health_check_failed', 'silent'],
    ['agent.disconnected', 'silent'],
    ['agent.status_changed', 'inactive'],
    ['agent.connected', 'heartbeat'],
    ['agent.status_changed', 'active'],
  ]);
  expect((await agent.sessions()).map(({ endReason }) => endReason)).toEqual([null, 'silent']);
  expect(agent.calls()).toHaveLength(1);
  await agent.disconnect();
});

test('an agent that disconnects leaves no alarm behind', async () => {
  const agent = await connectedAgent('leaving');
  await agent.beat();
  expect((await agent.disconnect()).status).toBe(204);
  await delay(DEADLINE_MS + 1_500);
  const types = (await agent.events()).map(({ type }) => type);
  expect(types).toContain('agent.disconnected');
  expect(types).not.toContain('agent.health_check_failed');
  expect(agent.calls()).toEqual([]);
  expect((await agent.sessions()).map(({ endReason }) => endReason)).toEqual(['disconnected']);
});
