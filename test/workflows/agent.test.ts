import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import type { AgentCheck } from '../../src/activities/check-agent.js';
import { createEndSession } from '../../src/activities/end-session.js';
import { keepSession } from '../../src/activities/keep-session.js';
import type { AgentMove } from '../../src/activities/move-agent.js';
import { type AgentSessions, createAgentSessions } from '../../src/engine/agent-sessions.js';
import {
  type AgentRef,
  type AgentState,
  agentChanged,
  agentQuery,
  agentWorkflowId,
} from '../../src/messages/agent.js';
import { QUEUES } from '../../src/messages/queues.js';
import { openTestEngine, type TestEngine } from '../support/engine.js';
import { until } from '../support/until.js';

const OFFLINE: AgentState = {
  name: 'tester',
  lifecycle: 'running',
  isSuspended: false,
  connection: 'offline',
  deadlineMs: 2_000,
  silentInMs: 2_000,
  lastHeartbeatAt: null,
};
const ONLINE: AgentState = { ...OFFLINE, connection: 'online' };
const DETAILS = { status: 'online', metrics: null, at: '2030-01-31T09:00:00.000Z' };

let engine: TestEngine;
let sessions: AgentSessions;
beforeAll(async () => {
  engine = await openTestEngine();
  sessions = createAgentSessions(engine.client);
});
afterAll(() => engine.close());

interface Running {
  agent: AgentRef;
  handle: WorkflowHandle;
  /** What the workflow asked, in order. */
  checks: AgentCheck[];
  moves: AgentMove[];
  /** From now on the row says this. */
  become(state: AgentState | null): Promise<void>;
}

/** Runs the workflow against a row that the test writes. */
async function running(initial: AgentState, during: (running: Running) => Promise<void>): Promise<void> {
  const agent: AgentRef = { orgId: randomUUID(), agentId: randomUUID() };
  const checks: AgentCheck[] = [];
  let state: AgentState | null = initial;
  const checkAgent = async (check: AgentCheck) => {
    checks.push(check);
    if (check.wasSilent && state) state = OFFLINE;
    return state;
  };
  const moves: AgentMove[] = [];
  const moveAgent = async (move: AgentMove) => void moves.push(move);
  const activities = { checkAgent, moveAgent, keepSession, endSession: createEndSession(sessions) };
  await engine.withWorker({ taskQueue: QUEUES.agents, activities }, async () => {
    const options = { workflowId: agentWorkflowId(agent), taskQueue: QUEUES.agents, args: [agent] };
    const handle = await engine.client.workflow.start('agent', options);
    const become = async (next: AgentState | null) => {
      state = next;
      await handle.signal(agentChanged);
    };
    await during({ agent, handle, checks, moves, become });
    await handle.terminate().catch(() => undefined);
  });
}

const isOpen = (agent: AgentRef) => sessions.beat(agent, DETAILS);
const opened = (agent: AgentRef) => until(() => isOpen(agent));

test('heartbeats keep a session open and leave nothing in the history', async () => {
  await running(ONLINE, async ({ agent, handle, checks }) => {
    await opened(agent);
    const { historyLength } = await handle.describe();
    for (let beat = 0; beat < 10; beat++) {
      await delay(500);
      expect(await isOpen(agent)).toBe(true);
    }
    expect((await handle.describe()).historyLength).toBe(historyLength);
    expect(checks.map(({ wasSilent }) => wasSilent)).toEqual([false]);
  });
});

test('heartbeats that stay out for the deadline are asked about, once', async () => {
  await running(ONLINE, async ({ agent, handle, checks }) => {
    await opened(agent);
    const lastBeatAt = Date.now();
    await until(() => checks.length === 2);
    expect(Date.now() - lastBeatAt).toBeGreaterThanOrEqual(ONLINE.deadlineMs);
    await delay(500);
    expect(checks.map(({ wasSilent }) => wasSilent)).toEqual([false, true]);
    expect(await isOpen(agent)).toBe(false);
    expect(await handle.query(agentQuery)).toEqual(OFFLINE);
  });
});

test('one that left has no session any more, and one that came again has one', async () => {
  await running(ONLINE, async ({ agent, become }) => {
    await opened(agent);
    await become(OFFLINE);
    await until(async () => !(await isOpen(agent)));
    await become(ONLINE);
    await opened(agent);
  });
});

test('another deadline counts from the next check on', async () => {
  await running({ ...ONLINE, deadlineMs: 60_000, silentInMs: 60_000 }, async ({ agent, checks, become }) => {
    await opened(agent);
    await become(ONLINE);
    await until(() => checks.some(({ wasSilent }) => wasSilent));
  });
});

test('a deleted agent has no run any more', async () => {
  await running(ONLINE, async ({ agent, handle, become }) => {
    await opened(agent);
    await become(null);
    await handle.result();
    expect(await isOpen(agent)).toBe(false);
  });
});

test('a run that had many words hands over to a new one, which goes on with the session', async () => {
  await running({ ...ONLINE, deadlineMs: 30_000, silentInMs: 30_000 }, async ({ agent, handle, checks }) => {
    await opened(agent);
    const { runId: firstRun } = await handle.describe();
    const latest = engine.client.workflow.getHandle(handle.workflowId);
    for (let sent = 0; sent < 2_100; sent += 100) {
      await Promise.all(Array.from({ length: 100 }, () => latest.signal(agentChanged)));
    }
    const first = engine.client.workflow.getHandle(handle.workflowId, firstRun);
    await until(async () => (await first.describe()).status.name === 'CONTINUED_AS_NEW', 20_000);
    await opened(agent);
    expect(checks.every(({ wasSilent }) => !wasSilent)).toBe(true);
  });
});

test('people see how it is', async () => {
  await running(ONLINE, async ({ agent, handle }) => {
    await opened(agent);
    const details = JSON.stringify(await handle.query('__temporal_workflow_metadata'));
    expect(details).toContain('tester');
    expect(details).toContain('active');
  });
});

test('is moved by signals of other services, one after the other', async () => {
  await running(OFFLINE, async ({ agent, handle, checks, moves }) => {
    await until(() => checks.length === 1);
    for (const signal of ['pause', 'resume', 'stop', 'start']) await handle.signal(signal);
    await until(() => moves.length === 4);
    expect(moves).toEqual(['pause', 'resume', 'stop', 'start'].map((verb) => ({ ...agent, verb })));
    // What was moved is looked at again.
    await until(() => checks.length > 1);
  });
});
