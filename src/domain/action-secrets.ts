import type { ActionBundle, Effect } from '../schemas/action.js';
import { mapEffects } from './effects.js';
import { mapValues } from './mask-webhooks.js';

/** What to do with secrets by themselves, and with URLs that may carry some. */
export interface SecretChanges {
  secret: (text: string) => string;
  url: (text: string) => string;
}

function changed(effect: Effect, { secret, url }: SecretChanges): Effect {
  switch (effect.type) {
    case 'webhook': {
      const { headers } = effect;
      return {
        ...effect,
        url: url(effect.url),
        ...(headers ? { headers: mapValues(headers, secret) } : {}),
      };
    }
    case 'telegram':
      return { ...effect, telegram_bot_token: secret(effect.telegram_bot_token) };
    case 'teams':
      // Whoever knows the address may post there.
      return { ...effect, teams_webhook_url: secret(effect.teams_webhook_url) };
    default:
      return effect;
  }
}

/** A bundle with what lets its holder in changed, in escalations and in timers that it starts as well. */
export const mapActionSecrets = <B extends Pick<ActionBundle, 'actions'>>(
  bundle: B,
  changes: SecretChanges,
): B => mapEffects(bundle, (effect) => ({ ...effect, ...changed(effect, changes) }));
