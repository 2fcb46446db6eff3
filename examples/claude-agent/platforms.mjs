import { isDeepStrictEqual } from 'node:util';
import { startDiscord } from './discord.mjs';
import { startTelegram } from './telegram.mjs';

const START = { telegram: startTelegram, discord: startDiscord };

/** Runs what there is a token for, and again when its settings change. */
export function createPlatforms({ onMessage, log }) {
  const running = new Map();
  let turn = Promise.resolve();

  async function end(name) {
    const { stop } = running.get(name) ?? {};
    running.delete(name);
    await stop?.();
  }

  async function useOne(name, settings) {
    if (isDeepStrictEqual(running.get(name)?.settings, settings)) return;
    await end(name);
    if (!settings.token) return;
    try {
      running.set(name, { settings, stop: await START[name](settings, { onMessage, log }) });
    } catch (error) {
      log(`${name} does not start: ${error.message.replaceAll(settings.token, '***')}`);
    }
  }

  const next = (step) => {
    turn = turn.then(step).catch((error) => log(`a platform failed: ${error.message}`));
    return turn;
  };

  return {
    use: (settings) =>
      next(async () => {
        for (const name of Object.keys(START)) await useOne(name, settings[name]);
        if (running.size === 0) log('no platform: neither Telegram nor Discord has a token');
      }),
    close: () => next(() => Promise.all([...running.keys()].map(end))),
  };
}
