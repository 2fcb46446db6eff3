import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, ConfigError } from '../config.js';
import type { KeyRing } from '../schemas/setting.js';

const FILE = 'secret.key';

const isTaken = (error: unknown) =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'EEXIST';

/** Another process that starts at the same time may have written it first: what is in the file counts. */
function readOrMake(path: string): string {
  try {
    writeFileSync(path, `${randomBytes(32).toString('base64')}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!isTaken(error)) throw error;
  }
  return readFileSync(path, 'utf8').trim();
}

/** SECRET_KEYS; outside production a key that is made once and kept in `<DATA_DIR>/secret.key`. */
export function secretKeysOf(config: Pick<Config, 'SECRET_KEYS' | 'DATA_DIR' | 'isProduction'>): KeyRing {
  if (config.SECRET_KEYS.length > 0) return config.SECRET_KEYS;
  if (config.isProduction) throw new ConfigError('SECRET_KEYS: must be set in production');
  mkdirSync(config.DATA_DIR, { recursive: true });
  const path = join(config.DATA_DIR, FILE);
  const key = Buffer.from(readOrMake(path), 'base64');
  if (key.length !== 32) throw new ConfigError(`SECRET_KEYS: ${path} does not hold 32 bytes in base64`);
  return [{ id: 'local', key }];
}
