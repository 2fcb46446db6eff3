import { count } from '../amounts.js';
import { useLive } from '../live.js';
import { Failure } from '../parts/words.js';
import { hrefOf } from '../place.js';
import { PRIORITIES } from './task-columns.js';

/** What waits, by priority, and how many workers take it. */
export function TaskQueue() {
  const { data, error, reload } = useLive('queue', ['task.'], (client, signal) =>
    client.getStatus({ signal }),
  );
  if (error !== undefined) return <Failure text={error} retry={reload} />;
  const waiting = data?.queue_by_priority ?? {};
  const most = Math.max(1, ...Object.values(waiting));
  return (
    <section class="panel" aria-label="Queue">
      <header>
        <h2>Queue</h2>
        <span class="muted">
          {data === undefined
            ? ' '
            : `${count(data.queue_size)} waiting · ${count(data.active_workers)} running · ${count(data.available_slots)} free`}
        </span>
      </header>
      {data && !data.running ? (
        <p class="panel-body warn">No worker takes tasks: they wait until one runs (npm run worker).</p>
      ) : null}
      <ul class="queue panel-body">
        {PRIORITIES.map(([number, name]) => (
          <li key={name}>
            <a href={hrefOf('tasks', undefined, { status: 'queued', priority: String(number) })}>{name}</a>
            <meter min={0} max={most} value={waiting[number] ?? 0} aria-label={`${name}: waiting`}>
              {waiting[number] ?? 0}
            </meter>
            <span>{count(waiting[number] ?? 0)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
