import type { Schedule } from '../../client/index.js';
import { Act } from '../parts/act.js';
import { span } from '../span.js';

/** When it comes round, in words. */
export function cycleOf({ cron_expression: cron, interval_seconds: seconds, timezone }: Schedule): string {
  return cron === null ? `every ${span((seconds ?? 0) * 1_000)}` : `${cron} (${timezone})`;
}

interface ScheduleActsProps {
  schedule: Schedule;
  size?: 'small';
  onDone?: () => void;
}

/** What can be done to a schedule. */
export function ScheduleActs({ schedule, size, onDone }: ScheduleActsProps) {
  const { id, name, enabled } = schedule;
  const shape = { of: name, ...(size && { size }) };
  const after = (text: string) => {
    onDone?.();
    return text;
  };
  return (
    <div class="buttons">
      <Act
        name="Run now"
        {...shape}
        run={async (client) => {
          const taskId = await client.schedules.trigger(id);
          return after(
            taskId === null
              ? `“${name}” did not run: the run before has not ended.`
              : `“${name}” runs: task ${taskId}.`,
          );
        }}
      />
      {enabled ? (
        <Act
          name="Pause"
          {...shape}
          run={async (client) => {
            await client.schedules.pause(id);
            return after(`“${name}” is paused: it starts nothing until it is resumed.`);
          }}
        />
      ) : (
        <Act
          name="Resume"
          {...shape}
          run={async (client) => {
            await client.schedules.resume(id);
            return after(`“${name}” goes on.`);
          }}
        />
      )}
    </div>
  );
}
