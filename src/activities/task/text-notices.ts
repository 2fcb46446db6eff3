import type { Db } from '../../db/database.js';
import { notify } from '../../db/notify.js';
import type { Log } from '../../log.js';
import type { TaskRef } from '../../messages/task.js';

const PAUSE_MS = 250;
/** A notice has at most 8,000 bytes; as JSON a character takes up to 6 of them. */
const MOST_CHARACTERS = 1_000;

/** Tells whoever watches a task what its model says. A notice that is lost is missed by those who watch, nothing else. */
export interface TextNotices {
  add(text: string): void;
  /** Sends what is left. */
  close(): Promise<void>;
}

const isHighSurrogate = (code: number) => code >= 0xd800 && code <= 0xdbff;

/** So much of a text as fits, not in the middle of a character. */
function head(text: string): string {
  if (text.length <= MOST_CHARACTERS) return text;
  return text.slice(
    0,
    isHighSurrogate(text.charCodeAt(MOST_CHARACTERS - 1)) ? MOST_CHARACTERS - 1 : MOST_CHARACTERS,
  );
}

export function createTextNotices(db: Db, { orgId: org, taskId: task }: TaskRef, log: Log): TextNotices {
  let waiting = '';
  let timer: NodeJS.Timeout | undefined;
  let sending = Promise.resolve();

  function send(): void {
    timer = undefined;
    const text = head(waiting);
    waiting = waiting.slice(text.length);
    sending = sending
      .then(() => notify(db, 'task_text', JSON.stringify({ org, task, text })))
      .catch((error: unknown) => log.warn({ error, org, task }, 'What a model says could not be shown'));
    if (waiting !== '') timer = setTimeout(send, PAUSE_MS);
  }

  return {
    add(text) {
      waiting += text;
      timer ??= setTimeout(send, PAUSE_MS);
    },
    async close() {
      while (waiting !== '') {
        clearTimeout(timer);
        send();
      }
      clearTimeout(timer);
      await sending;
    },
  };
}
