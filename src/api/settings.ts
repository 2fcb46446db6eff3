import { maskSettings, restoreSettings } from '../domain/mask-settings.js';
import type { Vault } from '../secrets/vault.js';
import { invalid } from './problem.js';

type Fields = Record<string, unknown>;

const MASKED = 'is the mask of a secret that is not there: send the secret itself';

const opened = (sealed: string, vault: Vault): Fields => JSON.parse(vault.open(sealed));

/** Settings as they are stored. A `***` in them keeps what `stored` holds there; where it holds nothing they are invalid. */
export function sealSettings(
  given: Fields,
  { name, stored, vault }: { name: string; stored?: string; vault: Vault },
): string {
  const before = stored === undefined ? {} : opened(stored, vault);
  const { settings, unknown } = restoreSettings(given, before, name);
  if (unknown.length > 0) throw invalid(unknown.map((path) => ({ path, message: MASKED })));
  return vault.seal(JSON.stringify(settings));
}

/** Stored settings as people may read them. */
export const shownSettings = (sealed: string, vault: Vault): Fields => maskSettings(opened(sealed, vault));
