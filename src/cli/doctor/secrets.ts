import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Check, type Finding, fail, ok, warn } from './check.js';

const KEY_BYTES = 32;

function ofDevelopment(path: string): Finding {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (isMissing) return ok(`none set; the first start makes ${path}`);
    return fail(`${path} cannot be read`, 'Give this user the right to read it, or set SECRET_KEYS.');
  }
  if (Buffer.from(text.trim(), 'base64').length === KEY_BYTES) return ok(`kept in ${path}`);
  return fail(
    `${path} does not hold ${KEY_BYTES} bytes in base64`,
    'Restore it from a backup: what it sealed cannot be read without it.',
  );
}

/** What seals secrets in the database. */
export const secretCheck: Check = {
  name: 'secret keys',
  look({ config }) {
    const { SECRET_KEYS: keys, PAYLOAD_KEYS: payload, DATA_DIR, DATABASE_URL } = config;
    if (keys.length === 0 && DATABASE_URL !== undefined) {
      const mend =
        'Set SECRET_KEYS (k1:$(openssl rand -base64 32)), the same in all processes on this database.';
      return warn(`none set; each data folder has one of its own`, mend);
    }
    if (keys.length === 0) return ofDevelopment(join(DATA_DIR, 'secret.key'));
    const ids = keys.map(({ id }) => id).join(', ');
    return ok(
      `${ids}; ${payload.length > 0 ? 'payloads are encrypted' : 'payloads in Temporal are in clear'}`,
    );
  },
};
