import type { TimerWindow, WindowState } from '../messages/timer-window.js';
import { plain } from './plain.js';

/** What a person reads about a window in the Temporal Web UI (Markdown). */
export function windowDetails(
  { orgId, startsAt }: TimerWindow,
  { phase, counts, next }: WindowState,
): string {
  const counted = Object.entries(counts).map(([status, count]) => `${count} ${status}`);
  const rows = next.map(({ id, name, fireAt }) => `| ${fireAt} | ${plain(name)} | \`${plain(id)}\` |`);
  return [
    `**${phase}**: ${counted.join(', ') || 'nothing unfinished'} — organisation ${plain(orgId)}, due in the 20 s from ${startsAt}`,
    ...(rows.length > 0 ? ['', '| due | name | timer |', '| --- | --- | --- |', ...rows] : []),
  ].join('\n');
}
