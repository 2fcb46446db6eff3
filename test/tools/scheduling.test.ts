import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { getSchedule } from '../../src/db/schedules.js';
import { createSchedules } from '../../src/engine/schedules.js';
import { temporalScheduleId } from '../../src/messages/task.js';
import { defineAgent, defineMethod } from '../../src/plugin/define-agent.js';
import type { BuiltinContext } from '../../src/tools/builtin.js';
import { cancelScheduledTask } from '../../src/tools/scheduling/cancel-scheduled-task.js';
import { scheduleTask } from '../../src/tools/scheduling/schedule-task.js';
import { anAgent } from '../support/agents.js';
import { describeEachDatabase } from '../support/databases.js';
import { openTestEngine, type TestEngine } from '../support/engine.js';
import { callOf, nextCall, toolContext } from '../support/tools.js';

let engine: TestEngine;
beforeAll(async () => {
  engine = await openTestEngine();
});
afterAll(() => engine.close());

const watcher = defineAgent({
  ...{ name: 'Watcher', type: 'WATCH', description: 'Watches' },
  methods: {
    look: defineMethod({
      description: 'Looks',
      input: z.strictObject({ category: z.string() }),
      run: () => null,
    }),
  },
});

describeEachDatabase('schedules', (database) => {
  const context = (over: Partial<BuiltinContext> = {}) =>
    toolContext(database(), { client: engine.client, agents: [watcher], ...over });
  const idOf = ({ schedule_id: id }: Record<string, unknown>) => String(id);
  const describeOf = ({ orgId }: BuiltinContext, scheduleId: string) =>
    engine.client.schedule.getHandle(temporalScheduleId({ orgId, scheduleId })).describe();

  test('a task is scheduled: a row says what, Temporal says when', async () => {
    const caller = await context();
    await anAgent(database(), { orgId: caller.orgId, name: 'Watcher', definition: 'Watcher' });
    const args = { cron: '0 9 * * 1-5', timezone: 'Europe/Madrid', agent: 'Watcher', method: 'look' };
    const made = await callOf(scheduleTask, { ...args, input: { category: 'art' } }, caller);
    expect(made).toMatchObject({ name: 'Watcher: look', agent: 'Watcher', cron: '0 9 * * 1-5' });
    const id = idOf(made);
    expect(await getSchedule(database().db, caller.orgId, id)).toMatchObject({
      ...{ method: 'look', prompt: null, input: { category: 'art' }, created_by: caller.callId },
    });
    const { action, policies, info, spec } = await describeOf(caller, id);
    expect(action).toMatchObject({
      ...{ workflowType: 'task', taskQueue: 'tasks', workflowId: `task/${caller.orgId}/${id}` },
      args: [{ orgId: caller.orgId, scheduleId: id }],
      priority: { priorityKey: 5, fairnessKey: caller.orgId },
    });
    expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 3_600_000 });
    expect(spec.timezone).toBe('Europe/Madrid');
    // What was announced is what Temporal will do.
    expect(info.nextActionTimes.slice(0, 3).map((at) => at.toISOString())).toEqual(made.next_runs);
  });

  test('the same call makes one schedule, and cancelling it ends both parts of it, once', async () => {
    const caller = await context();
    const args = { cron: '*/5 * * * *', prompt: 'Look around' };
    const made = await callOf(scheduleTask, args, caller);
    expect(idOf(await callOf(scheduleTask, args, caller))).toBe(idOf(made));
    expect(made).toMatchObject({ agent: caller.agent.name });
    const end = { schedule_id: idOf(made) };
    const stranger = await context();
    expect(await callOf(cancelScheduledTask, end, stranger)).toMatchObject({ cancelled: false });
    expect(await callOf(cancelScheduledTask, end, caller)).toMatchObject({ cancelled: true });
    expect(await callOf(cancelScheduledTask, end, caller)).toMatchObject({ cancelled: false });
    await expect(describeOf(caller, idOf(made))).rejects.toThrow();
    expect(await getSchedule(database().db, caller.orgId, idOf(made))).toBeUndefined();
  });

  test('what the agent cannot do is refused now, not at every run', async () => {
    const caller = await context();
    const { orgId } = caller;
    await anAgent(database(), { orgId, name: 'Watcher', definition: 'Watcher' });
    const refusals = [
      [{ agent: 'Nobody', prompt: 'x' }, 'there is no agent "Nobody"'],
      [{ agent: 'Watcher', method: 'sleep' }, 'method must be one of look, prompt'],
      [{ agent: 'Watcher', method: 'look', input: { category: 1 } }, 'input.category'],
      [{ agent: 'Watcher', input: { category: 'x' }, prompt: 'x' }, 'input is the input of a method'],
    ] as const;
    for (const [args, words] of refusals)
      await expect(callOf(scheduleTask, { cron: '0 * * * *', ...args }, nextCall(caller))).rejects.toThrow(
        words,
      );
    expect(scheduleTask.input.safeParse({ cron: '0 * * * *' }).success).toBe(false);
  });

  test('an agent of another organisation cannot be scheduled', async () => {
    const [caller, other] = [await context(), await context()];
    const args = { cron: '0 * * * *', prompt: 'x', agent: other.agent.name };
    await expect(callOf(scheduleTask, args, caller)).rejects.toThrow('there is no agent');
  });

  test('an organisation has at most a hundred', async () => {
    const caller = await context();
    await database()
      .db.insertInto('schedules')
      .values(
        Array.from({ length: 100 }, (_, index) => ({
          ...{ id: `${caller.orgId} ${index}`, org_id: caller.orgId, agent_id: caller.agent.id, name: 'x' },
          ...{ cron: '0 * * * *', timezone: 'UTC', method: null, prompt: 'x', input: '{}', created_by: 'x' },
          ...{ delivery: '[]', metadata: '{}' },
        })),
      )
      .execute();
    const args = { cron: '0 * * * *', prompt: 'x' };
    await expect(callOf(scheduleTask, args, caller)).rejects.toThrow('100 schedules of tools already');
  });

  test('where Temporal does not answer, the agent learns which schedule begins later', async () => {
    const client = { ...engine.client, schedule: { create: async () => Promise.reject(new Error('away')) } };
    const caller = await context({ client: client as never });
    const call = callOf(scheduleTask, { cron: '0 * * * *', prompt: 'x' }, caller);
    const { message } = await call.catch((error: unknown) => error as Error);
    const rows = await database()
      .db.selectFrom('schedules')
      .selectAll()
      .where('org_id', '=', caller.orgId)
      .execute();
    expect(rows).toMatchObject([{ applied_revision: 0 }]);
    expect(message).toContain(`the schedule ${rows[0]?.id} stands`);
  });
});

test('deleting a schedule that is not there is an answer', async () => {
  const ref = { orgId: 'nobody', scheduleId: 'nothing' };
  expect(await createSchedules(engine.client).delete(ref)).toBe(false);
});
