import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { z } from 'zod';
import { closeSession } from '../../src/agents/connections.js';
import type { CreatedOrg } from '../../src/api/create-org.js';
import { type AgentRow, lockAgent } from '../../src/db/agents.js';
import { appendEvents } from '../../src/db/events.js';
import type { AgentAnalytics, AgentSession, SessionEnd } from '../../src/schemas/agent-connection.js';
import type { Event } from '../../src/schemas/event.js';
import { anAgent, connected } from '../support/agents.js';
import { startTestApi, type TestApi } from '../support/api.js';

const MINUTE = 60_000;
let api: TestApi;
let org: CreatedOrg;
beforeAll(async () => {
  api = await startTestApi();
  org = await api.org();
});
afterAll(() => api.close());

const NOW = Date.now();
const ago = (ms: number) => new Date(NOW - ms);
const agentOf = ({ orgId }: CreatedOrg, createdAt = ago(2 * 60 * MINUTE)) =>
  anAgent(api.database, { orgId, created_at: createdAt });
const read = async <T>(agent: AgentRow, view: string, key = org.key) =>
  (await api.send(`/agents/${agent.id}/${view}`, { key })).json<T>();

async function end(agent: AgentRow, at: Date, reason: SessionEnd): Promise<void> {
  await api.database.db.transaction().execute(async (tx) => {
    const locked = await lockAgent(tx, agent.org_id, agent.id);
    if (locked) await closeSession(tx, locked, { reason, at });
  });
}

const use = (agent: AgentRow, over: { hour: Date; kind: 'tool' | 'variant'; subject: string }) =>
  api.database.db
    .insertInto('agent_usage')
    .values({ org_id: agent.org_id, agent_id: agent.id, succeeded: 3, failed: 1, ...over })
    .execute();

describe('the history of an agent', () => {
  test('is its sessions, the newest first, page by page, each once', async () => {
    const agent = await agentOf(org);
    for (const minutes of [50, 40, 30]) {
      await connected(api.database, agent, ago(minutes * MINUTE));
      await end(agent, ago((minutes - 5) * MINUTE), minutes === 40 ? 'silent' : 'disconnected');
    }
    await connected(api.database, agent, ago(MINUTE));
    interface Page {
      sessions: z.infer<typeof AgentSession>[];
      nextCursor: string | null;
    }
    const first = await read<Page>(agent, 'history?limit=3');
    expect(first.sessions.map(({ endReason }) => endReason)).toEqual([null, 'disconnected', 'silent']);
    const last = await read<Page>(agent, `history?limit=3&cursor=${first.nextCursor}`);
    expect(last).toMatchObject({
      sessions: [{ endReason: 'disconnected', heartbeats: 0 }],
      nextCursor: null,
    });
  });
});

describe('the events of an agent', () => {
  test('are its own, the oldest first, and go on after the cursor', async () => {
    const agent = await agentOf(org);
    await connected(api.database, agent, ago(10 * MINUTE));
    await end(agent, ago(5 * MINUTE), 'silent');
    // A timer may have any id, also that of an agent.
    const fired = { orgId: org.orgId, type: 'timer.fired' as const, subject: agent.id, data: {} };
    await appendEvents(api.database.db, [fired]);
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await read<{ events: Event[]; nextCursor: string | null }>(
        agent,
        `events?limit=4${cursor}`,
      );
      seen.push(...page.events.map(({ type }) => type));
      cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`;
    } while (cursor !== '');
    expect(seen).toEqual([
      ...['agent.started', 'agent.connected', 'agent.status_changed'],
      ...['agent.health_check_failed', 'agent.disconnected', 'agent.status_changed'],
    ]);
  });
});

describe('the analytics of an agent', () => {
  test('are its uptime, silences, missed heartbeats and what it told of tools and variants', async () => {
    const agent = await agentOf(org);
    await connected(api.database, agent, ago(60 * MINUTE));
    await end(agent, ago(30 * MINUTE), 'silent');
    const now = ago(0);
    await use(agent, { hour: ago(150 * MINUTE), kind: 'tool', subject: 'search' });
    await use(agent, { hour: now, kind: 'tool', subject: 'search' });
    await use(agent, { hour: now, kind: 'tool', subject: 'read-file' });
    await use(agent, { hour: now, kind: 'variant', subject: 'an-instruction' });
    await use(agent, { hour: ago(48 * 60 * MINUTE), kind: 'tool', subject: 'long-ago' });
    const day = await read<AgentAnalytics>(agent, 'analytics');
    expect(day).toMatchObject({
      ...{ connectedMs: 30 * MINUTE, sessions: 1, silences: 1, missedHeartbeats: 30 },
      tools: [
        { name: 'search', succeeded: 6, failed: 2 },
        { name: 'read-file', succeeded: 3, failed: 1 },
      ],
      variants: [{ instructionId: 'an-instruction', variant: '', succeeded: 3, failed: 1 }],
    });
    expect(day.uptime).toBeCloseTo(0.25, 2);
    expect(Date.parse(day.to) - Date.parse(day.from)).toBe(24 * 60 * MINUTE);
    const hour = await read<AgentAnalytics>(agent, 'analytics?period=1h');
    expect(hour).toMatchObject({ sessions: 1, tools: [{ succeeded: 3 }, { succeeded: 3 }] });
    expect(hour.uptime).toBeCloseTo(0.5, 2);
  });

  test('are zeros for one that never connected', async () => {
    expect(await read(await agentOf(org), 'analytics?period=30d')).toMatchObject({
      ...{
        uptime: 0,
        connectedMs: 0,
        sessions: 0,
        silences: 0,
        missedHeartbeats: 0,
        tools: [],
        variants: [],
      },
    });
  });
});

describe.each(['history', 'events', 'analytics'])('%s', (view) => {
  test('is for keys and admins of the organisation, not for keys that are limited to tenants', async () => {
    const path = `/agents/${(await agentOf(org)).id}/${view}`;
    expect((await api.send(path, { token: org.adminToken })).status).toBe(200);
    const body = { name: 'limited', tenants: ['agent-9'] };
    const { key } = (await api.send('/api-keys', { token: org.adminToken, body })).json<{ key: string }>();
    expect((await api.send(path, { key })).status).toBe(403);
  });

  test('of another organisation’s agent is as unknown as one that does not exist', async () => {
    const agent = await agentOf(await api.org());
    for (const id of [agent.id, randomUUID()]) {
      const answer = await api.send(`/agents/${id}/${view}`, { key: org.key });
      expect([answer.status, answer.problem().detail]).toEqual([404, 'there is no such agent']);
    }
  });

  test('refuses what is no cursor or period', async () => {
    const wrong = view === 'analytics' ? 'period=2h' : 'cursor=x';
    const answer = await api.send(`/agents/${(await agentOf(org)).id}/${view}?${wrong}`, { key: org.key });
    expect(answer.status).toBe(422);
  });
});
