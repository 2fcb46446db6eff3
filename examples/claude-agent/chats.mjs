import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Answers messages: those of a chat one after the other, different chats at once. Paused, it keeps what comes for
 * later. A message is `{chat, text, reply(text)}`.
 */
export function openChats({ answer, onBusy }) {
  /** Of each chat that has something to do, its last piece of work. */
  const last = new Map();
  let gate = Promise.resolve();
  let open = () => undefined;
  let isClosed = false;
  let busy = 0;

  async function work(message) {
    await gate;
    if (isClosed) return;
    onBusy(++busy);
    try {
      await message.reply(await answer(message));
    } catch (error) {
      console.error(`the answer for ${message.chat} cannot be sent: ${error.message}`);
    } finally {
      onBusy(--busy);
    }
  }

  return {
    get count() {
      return last.size;
    },
    take(message) {
      if (isClosed) return;
      const mine = (last.get(message.chat) ?? Promise.resolve())
        .then(() => work(message))
        .then(() => {
          if (last.get(message.chat) === mine) last.delete(message.chat);
        });
      last.set(message.chat, mine);
    },
    pause() {
      open();
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    resume: () => open(),
    /** Ends with what is under way, or when that takes longer than a limit. */
    async close(limitMs) {
      isClosed = true;
      open();
      await Promise.race([Promise.all(last.values()), sleep(limitMs, undefined, { ref: false })]);
    },
  };
}
