import { now } from '../clock.js';
import { exactly } from '../dates.js';
import { span } from '../span.js';

const JUST_NOW_MS = 1_500;

function inWords(millis: number): string {
  if (Math.abs(millis) < JUST_NOW_MS) return 'now';
  return millis < 0 ? `${span(-millis)} ago` : `in ${span(millis)}`;
}

/** A moment as the time until or since it, second by second; exactly in its title. Nothing reads each tick aloud. */
export function Moment({ at }: { at: string | number | null | undefined }) {
  if (at === null || at === undefined) return <span class="muted">–</span>;
  const date = new Date(at);
  return (
    <time dateTime={date.toISOString()} title={exactly(date.getTime())}>
      {inWords(date.getTime() - now.value)}
    </time>
  );
}

/** A moment as date and time. */
export function Exactly({ at }: { at: string | number | null | undefined }) {
  if (at === null || at === undefined) return <span class="muted">–</span>;
  return <time dateTime={new Date(at).toISOString()}>{exactly(at)}</time>;
}
