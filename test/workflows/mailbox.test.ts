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
  look: (outside: Outside, running: string[]) => MailLook | Promise<MailLook>,
  during: (outside: Outside) => Promise<void>,
  begunBefore: string[] = [],
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
      const options = {
        workflowId: mailboxWorkflowId(ref),
        taskQueue: QUEUES.agents,
        args: [ref, begunBefore],
      };
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
      if (looks.length > 1) left.shift();
      const [next] = left;
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
    async ({ ref, looks }) => {
      if (isOver) return NOTHING;
      if (looks.length === 1)
        await engine.client.workflow.start('task', {
          workflowId: taskWorkflowId({ orgId: ref.orgId, taskId }),
          // Nobody works there: it stays as it is.
          taskQueue: 'nobody',
          args: [{ orgId: ref.orgId, taskId }],
        });
      return { ...NOTHING, handling: [mail(taskId)] };
    },
    async ({ ref, looks, begun }) => {
      // At the second look it waits for what it cannot run itself, at a third one it has given that up.
      await eventually(
        () => looks,
        ([, second, third]) => second !== undefined && third !== undefined,
      );
      isOver = true;
      expect(begun).toEqual([]);
      await engine.client.workflow.getHandle(taskWorkflowId({ orgId: ref.orgId, taskId })).terminate();
    },
  );
});

test('a run leaves to its tasks what those before it have begun, and looks at once when it is told of their end', async () => {
  const taskId = randomUUID();
  let isOver = false;
  await running(
    () => (isOver ? NOTHING : { ...NOTHING, handling: [mail(taskId)] }),
    async ({ handle, looks, begun }) => {
      await eventually(
        () => looks.length,
        (count) => count === 2,
      );
      isOver = true;
      const toldAt = Date.now();
      await handle.signal(mailArrived);
      await eventually(
        () => looks.length,
        (count) => count >= 3,
      );
      expect(Date.now() - toldAt).toBeLessThan(1_500);
      expect(looks[0]).toEqual([taskId]);
      const { events } = await handle.fetchHistory();
      const children = events?.filter((event) => event.startChildWorkflowExecutionInitiatedEventAttributes);
      expect([begun, children]).toEqual([[], []]);
    },
    [taskId],
  );
});

test('a flood of words is taken in by a new run before the history of this one is long, whatever is under way', async () => {
  const taskId = randomUUID();
  await running(
    async ({ ref, looks }) => {
      if (looks.length === 1)
        await engine.client.workflow.start('task', {
          workflowId: taskWorkflowId({ orgId: ref.orgId, taskId }),
          ...{ taskQueue: 'nobody', args: [{ orgId: ref.orgId, taskId }] },
        });
      return { ...NOTHING, nextAt: inMs(3_600_000), handling: [mail(taskId)] };
    },
    async ({ handle, looks }) => {
      const { runId: firstRun } = await handle.describe();
      let runId = firstRun;
      while (runId === firstRun) {
        const seen = looks.length;
        await handle.signal(mailArrived);
        await eventually(
          () => looks.length,
          (count) => count > seen,
        );
        if (looks.length % 20 === 0) ({ runId } = await handle.describe());
      }
      const first = engine.client.workflow.getHandle(handle.workflowId, firstRun);
      const { historyLength, status } = await first.describe();
      expect(status.name).toBe('CONTINUED_AS_NEW');
      expect(historyLength).toBeGreaterThan(2_000);
      expect(historyLength).toBeLessThan(2_100);
      expect(looks.at(-1)).toEqual([taskId]);
    },
  );
}, 90_000);
