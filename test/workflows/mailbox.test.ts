import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import type { AgentRef } from '../../src/messages/agent.js';
import { type MailLook, mailArrived, mailboxQuery, mailboxWorkflowId } from '../../src/messages/mailbox.js';
import { QUEUES } from '../../src/messages/queues.js';
import { taskWorkflowId } from '../../src/messages/task.js';
import { openTestEngine, type TestEngine } from '../support/engine.js';
import { eventually } from '../support/mainspring.js';

let engine: TestEngine;
beforeAll(async () => {
  engine = await openTestEngine();
});
afterAll(() => engine.close());

const NOTHING: MailLook = { name: 'Ada', queued: 0, nextAt: null, handling: [] };
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
const mail = (taskId: string) => ({ messageId: `message-of-${taskId}`, taskId, priority: 5 });

interface Outside {
  ref: AgentRef;
  handle: WorkflowHandle;
  /** Tasks that the workflow ran at each look. */
  looks: string[][];
  /** Tasks in the order in which they began. */
  begun: string[];
}

/** Runs the workflow against an outside that answers each look as `look` says, with tasks that have nothing to do. */
async function running(
  look: (outside: Outside, running: string[]) => MailLook,
  during: (outside: Outside) => Promise<void>,
): Promise<void> {
  const ref: AgentRef = { orgId: randomUUID(), agentId: randomUUID() };
  const handle = engine.client.workflow.getHandle(mailboxWorkflowId(ref));
  const outside: Outside = { ref, handle, looks: [], begun: [] };
  const activities = {
    async lookAtMail({ running: tasks }: { running: string[] }): Promise<MailLook> {
      outside.looks.push(tasks);
      return look(outside, tasks);
    },
    async beginTask({ taskId }: { taskId: string }) {
      outside.begun.push(taskId);
      return null;
    },
  };
  await engine.withWorker({ taskQueue: QUEUES.agents, activities }, () =>
    engine.withWorker({ taskQueue: QUEUES.tasks, activities }, async () => {
      const options = { workflowId: mailboxWorkflowId(ref), taskQueue: QUEUES.agents, args: [ref] };
      await engine.client.workflow.start('mailbox', options);
      await during(outside);
      await handle.terminate().catch(() => undefined);
    }),
  );
}

test('runs a task for each message, and looks again when one has ended', async () => {
  const left = ['one', 'two', 'three'];
  await running(
    ({ looks }) => {
      const next = looks.length <= 1 ? left[0] : (left.shift(), left[0]);
      return next === undefined ? NOTHING : { ...NOTHING, handling: [mail(next)] };
    },
    async ({ looks, begun }) => {
      await eventually(
        () => looks.length,
        (count) => count >= 4,
      );
      expect(begun).toEqual(['one', 'two', 'three']);
      // At none of these looks one ran still.
      expect(looks.slice(0, 4)).toEqual([[], [], [], []]);
    },
  );
});

test('shows what waits and what is being handled', async () => {
  const nextAt = inMs(3_600_000);
  await running(
    () => ({ ...NOTHING, queued: 3, nextAt }),
    async ({ handle, looks }) => {
      await eventually(
        () => looks.length,
        (count) => count > 0,
      );
      const state = await eventually(
        () => handle.query(mailboxQuery),
        ({ queued }) => queued > 0,
      );
      expect(state).toEqual({ name: 'Ada', queued: 3, handling: [], nextAt });
    },
  );
});

test('looks at once when it is told of messages', async () => {
  await running(
    () => ({ ...NOTHING, nextAt: inMs(3_600_000) }),
    async ({ handle, looks }) => {
      // The second look follows the start, which may have come before its row.
      await eventually(
        () => looks.length,
        (count) => count === 2,
      );
      const toldAt = Date.now();
      await handle.signal(mailArrived);
      await eventually(
        () => looks.length,
        (count) => count >= 3,
      );
      expect(Date.now() - toldAt).toBeLessThan(1_500);
    },
  );
});

test('a task that another run has begun is left to it, and looked at again', async () => {
  const taskId = randomUUID();
  let isOver = false;
  await running(
    (outside) => {
      // Nobody works on that queue: it stays as it is.
      void outside;
      return isOver ? NOTHING : { ...NOTHING, handling: [mail(taskId)] };
    },
    async ({ ref, handle, looks, begun }) => {
      const options = {
        workflowId: taskWorkflowId({ orgId: ref.orgId, taskId: `${taskId}-other` }),
        taskQueue: 'nobody',
        args: [{}],
      };
      const other = await engine.client.workflow.start('task', options);
      await eventually(
        () => looks.length,
        (count) => count >= 2,
      );
      isOver = true;
      expect(begun.length).toBeGreaterThan(0);
      expect((await handle.describe()).status.name).toBe('RUNNING');
      await other.terminate();
    },
  );
});

test('thousands of messages never make one long run', async () => {
  const MESSAGES = 400;
  let next = 0;
  let handled: string | undefined;
  await running(
    (_, tasks) => {
      if (handled !== undefined && tasks.includes(handled)) return { ...NOTHING, handling: [mail(handled)] };
      handled = next < MESSAGES ? `m${next++}` : undefined;
      return handled === undefined ? NOTHING : { ...NOTHING, handling: [mail(handled)] };
    },
    async ({ handle, begun }) => {
      const first = await handle.describe();
      await eventually(
        () => begun.length,
        (count) => count >= MESSAGES,
      );
      expect(begun).toEqual(Array.from({ length: MESSAGES }, (_, index) => `m${index}`));
      const last = await handle.describe();
      expect(last.runId).not.toBe(first.runId);
      expect(last.historyLength).toBeLessThan(4_096);
      const before = engine.client.workflow.getHandle(handle.workflowId, first.runId);
      expect((await before.describe()).historyLength).toBeLessThan(2_100);
    },
  );
});
