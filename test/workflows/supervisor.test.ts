import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import type { AgentSupervision } from '../../src/activities/supervisor/supervise-agent.js';
import type { AgentRef } from '../../src/messages/agent.js';
import { QUEUES } from '../../src/messages/queues.js';
import {
  type Supervision,
  supervise,
  supervisorQuery,
  supervisorWorkflowId,
} from '../../src/messages/supervisor.js';
import { openTestEngine, type TestEngine } from '../support/engine.js';
import { until } from '../support/until.js';

const AT = '2030-01-31T09:00:00.000Z';
const UP: Supervision = {
  name: 'tester',
  container: { id: 'c1', status: 'running', exitCode: null, restarts: 0, error: null, at: AT },
  health: null,
  watched: 'c1',
  restMs: null,
};

let engine: TestEngine;
beforeAll(async () => {
  engine = await openTestEngine();
});
afterAll(() => engine.close());

interface Running {
  ref: AgentRef;
  handle: WorkflowHandle;
  looks: AgentSupervision[];
  watched: string[];
  /** From now on a look finds this. */
  find(found: Supervision | null): void;
  /** The container that is watched has ended. */
  end(): void;
}

async function running(initial: Supervision | null, during: (running: Running) => Promise<void>) {
  const ref: AgentRef = { orgId: randomUUID(), agentId: randomUUID() };
  const looks: AgentSupervision[] = [];
  const watched: string[] = [];
  const ending: (() => void)[] = [];
  let found = initial;
  const activities = {
    superviseAgent: async (about: AgentSupervision) => {
      looks.push(about);
      return found;
    },
    watchContainer: async (id: string) => {
      watched.push(id);
      await new Promise<void>((resolve) => ending.push(resolve));
    },
  };
  await engine.withWorker({ taskQueue: QUEUES.agents, activities }, async () => {
    const options = { workflowId: supervisorWorkflowId(ref), taskQueue: QUEUES.agents, args: [ref] };
    const handle = await engine.client.workflow.start('supervisor', options);
    const end = () => {
      for (const tell of ending.splice(0)) tell();
    };
    await during({
      ...{ ref, handle, looks, watched, end },
      find: (next) => {
        found = next;
      },
    });
    end();
    await handle.terminate().catch(() => undefined);
  });
}

test('where there is nothing to look after it ends', async () => {
  await running(null, async ({ handle, looks, ref }) => {
    await handle.result();
    expect(looks).toEqual([{ ...ref, hasContainer: false }]);
  });
});

test('it looks when it is told, and when the container has ended', async () => {
  await running(UP, async ({ handle, looks, watched, find, end }) => {
    await until(() => watched.length === 1);
    await handle.signal(supervise);
    await until(() => looks.length === 2);
    expect(watched).toEqual(['c1']);
    find(null);
    end();
    await handle.result();
    expect(looks.at(-1)?.hasContainer).toBe(true);
  });
});

test('it looks again when the rest is over', async () => {
  await running({ ...UP, watched: null, restMs: 1_000 }, async ({ looks, watched }) => {
    const beganAt = Date.now();
    await until(() => looks.length >= 2);
    expect(Date.now() - beganAt).toBeGreaterThanOrEqual(900);
    expect(watched).toEqual([]);
  });
});

test('of another container the end of the one before does not count', async () => {
  await running(UP, async ({ handle, looks, watched, find }) => {
    await until(() => watched.length === 1);
    find({ ...UP, watched: 'c2' });
    await handle.signal(supervise);
    await until(() => watched.length === 2);
    expect(watched).toEqual(['c1', 'c2']);
    expect(looks).toHaveLength(2);
  });
});

test('a run that had many words hands over to a new one, which watches the container', async () => {
  await running(UP, async ({ handle, watched }) => {
    await until(() => watched.length === 1);
    const { runId } = await handle.describe();
    const latest = engine.client.workflow.getHandle(handle.workflowId);
    for (let sent = 0; sent < 2_100; sent += 100)
      await Promise.all(Array.from({ length: 100 }, () => latest.signal(supervise)));
    const first = engine.client.workflow.getHandle(handle.workflowId, runId);
    await until(async () => (await first.describe()).status.name === 'CONTINUED_AS_NEW', 20_000);
    await until(() => watched.length === 2);
    await latest.terminate();
  });
});

test('people see how it is', async () => {
  await running(UP, async ({ handle, watched }) => {
    await until(() => watched.length === 1);
    expect(await handle.query(supervisorQuery)).toMatchObject({ name: 'tester', container: { id: 'c1' } });
    expect(JSON.stringify(await handle.query('__temporal_workflow_metadata'))).toContain(
      'container: running',
    );
  });
});
