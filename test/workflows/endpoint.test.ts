import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import {
  type Endpoint,
  type EndpointState,
  endpointId,
  endpointQuery,
  wake,
} from '../../src/messages/endpoint.js';
import { QUEUES } from '../../src/messages/queues.js';
import { openTestEngine, type TestEngine } from '../support/engine.js';

const RECEIVER = 'https://agents.example.com';
const NOTHING: EndpointState = { circuit: 'closed', failures: 0, pending: 0, nextAttemptAt: null };
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();

let engine: TestEngine;
beforeAll(async () => {
  engine = await openTestEngine();
});
afterAll(() => engine.close());

/** Runs the workflow against an outside that answers each look with what `look` says. */
async function running(
  look: (looks: number) => EndpointState,
  during: (handle: WorkflowHandle, lookedAt: number[]) => Promise<void>,
): Promise<void> {
  const lookedAt: number[] = [];
  const retryDeliveries = async (): Promise<EndpointState> => look(lookedAt.push(Date.now()));
  const endpoint: Endpoint = { orgId: randomUUID(), receiver: RECEIVER };
  await engine.withWorker({ taskQueue: QUEUES.deliveries, activities: { retryDeliveries } }, async () => {
    const options = { workflowId: endpointId(endpoint), taskQueue: QUEUES.deliveries, args: [endpoint] };
    const handle = await engine.client.workflow.start('endpoint', options);
    await during(handle, lookedAt);
    await handle.terminate().catch(() => undefined);
  });
}

async function until(holds: () => boolean): Promise<void> {
  const endsAt = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > endsAt) throw new Error('did not come to hold within 10 s');
    await delay(5);
  }
}

test('what is pending is looked at within the second before it is due', async () => {
  const dueInMs = 5_000;
  let dueAt = 0;
  const look = (looks: number): EndpointState => {
    // The second look follows the start, which may have come before its row.
    if (looks > 2) return NOTHING;
    dueAt ||= Date.now() + dueInMs;
    return { ...NOTHING, pending: 1, failures: 1, nextAttemptAt: new Date(dueAt).toISOString() };
  };
  await running(look, async (_, lookedAt) => {
    await until(() => lookedAt.length >= 3);
    expect(lookedAt[2]).toBeGreaterThanOrEqual(dueAt - 1_000);
    expect(lookedAt[2]).toBeLessThan(dueAt + 500);
  });
});

test('a word that something is due sooner makes it look at once, and once more', async () => {
  const far = { ...NOTHING, pending: 1, nextAttemptAt: inMs(3_600_000) };
  await running(
    () => far,
    async (handle, lookedAt) => {
      await until(() => lookedAt.length === 2);
      const wokenAt = Date.now();
      await handle.signal(wake);
      await until(() => lookedAt.length === 4);
      expect((lookedAt[2] ?? 0) - wokenAt).toBeLessThan(1_000);
      await delay(500);
      expect(lookedAt).toHaveLength(4);
    },
  );
});

test('many words that come together are answered by few looks', async () => {
  const far = { ...NOTHING, pending: 1, nextAttemptAt: inMs(3_600_000) };
  await running(
    () => far,
    async (handle, lookedAt) => {
      await until(() => lookedAt.length === 2);
      await Promise.all(Array.from({ length: 50 }, () => handle.signal(wake)));
      await delay(1_000);
      expect(lookedAt.length).toBeLessThan(2 + 25);
    },
  );
});

test('it shows how the receiver is', async () => {
  const state: EndpointState = { circuit: 'open', failures: 12, pending: 3, nextAttemptAt: inMs(3_600_000) };
  await running(
    () => state,
    async (handle, lookedAt) => {
      await until(() => lookedAt.length > 0);
      await delay(200);
      expect(await handle.query(endpointQuery)).toEqual(state);
      const details = await handle.query('__temporal_workflow_metadata');
      expect(JSON.stringify(details)).toContain('3 pending');
    },
  );
});

test('it stays for those who ensured it and are still writing, looks once more, and ends', async () => {
  const startedAt = Date.now();
  await running(
    () => NOTHING,
    async (handle, lookedAt) => {
      await handle.result();
      expect(Date.now() - startedAt).toBeGreaterThan(14_000);
      expect(Date.now() - (lookedAt.at(-1) ?? 0)).toBeLessThan(1_000);
    },
  );
});

test('a flood of words is taken in by a new run before the history of this one is long', async () => {
  const far = { ...NOTHING, pending: 1, nextAttemptAt: inMs(3_600_000) };
  await running(
    () => far,
    async (handle) => {
      const { runId: firstRun } = await handle.describe();
      const latest = engine.client.workflow.getHandle(handle.workflowId);
      for (let sent = 0; sent < 2_100; sent += 100) {
        await Promise.all(Array.from({ length: 100 }, () => latest.signal(wake)));
      }
      await handle.signal(wake);
      const endsAt = Date.now() + 20_000;
      let first = await engine.client.workflow.getHandle(handle.workflowId, firstRun).describe();
      while (first.status.name === 'RUNNING' && Date.now() < endsAt) {
        await delay(50);
        first = await engine.client.workflow.getHandle(handle.workflowId, firstRun).describe();
      }
      expect(first.status.name).toBe('CONTINUED_AS_NEW');
      expect(first.historyLength).toBeLessThan(4_096);
    },
  );
});
