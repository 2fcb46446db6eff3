import type { MainspringClient, Schedule } from '../../client/index.js';
import { Act, type Shape } from '../parts/act.js';
import { period } from '../span.js';

/** When it comes round, in words. */
export function cycleOf({ cron_expression: cron, interval_seconds: seconds, timezone }: Schedule): string {
  return cron === null ? `every ${period((seconds ?? 0) * 1_000)}` : `${cron} (${timezone})`;
}

async function runNow(client: MainspringClient, { id, name }: Schedule): Promise<string> {
  const taskId = await client.schedules.trigger(id);
  return taskId === null
    ? `“${name}” did not run: the run before has not ended.`
    : `“${name}” runs: task ${taskId}.`;
}

async function pause(client: MainspringClient, { id, name }: Schedule): Promise<string> {
  await client.schedules.pause(id);
  return `“${name}” is paused: it starts nothing until it is resumed.`;
}

async function resume(client: MainspringClient, { id, name }: Schedule): Promise<string> {
  await client.schedules.resume(id);
  return `“${name}” goes on.`;
}

/** What can be done to a schedule. */
export function ScheduleActs({ schedule, ...shape }: Shape & { schedule: Schedule }) {
  const { name, enabled } = schedule;
  const turn = enabled ? pause : resume;
  return (
    <div class="buttons">
      <Act name="Run now" of={name} {...shape} run={(client) => runNow(client, schedule)} />
      <Act
        name={enabled ? 'Pause' : 'Resume'}
        of={name}
        {...shape}
        run={(client) => turn(client, schedule)}
      />
    </div>
  );
}
