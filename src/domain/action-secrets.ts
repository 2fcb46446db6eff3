import type { ActionBundle } from '../schemas/action.js';
import { type SecretChanges, withSecrets } from './channel-rules.js';
import { mapEffects } from './effects.js';

/** A bundle with what lets its holder in changed, in escalations and in timers that it starts as well. */
export const mapActionSecrets = <B extends Pick<ActionBundle, 'actions'>>(
  bundle: B,
  changes: SecretChanges,
): B => mapEffects(bundle, (effect) => withSecrets(effect.type, effect, changes));
