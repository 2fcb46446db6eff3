import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ConfigError } from '../../src/config.js';
import { secretKeysOf } from '../../src/secrets/secret-keys.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mainspring-keys-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const development = () => ({ SECRET_KEYS: [], DATA_DIR: folder, isProduction: false });

test('development makes a key once and keeps it where only its user can read it', () => {
  const [first] = secretKeysOf(development());
  const [second] = secretKeysOf(development());
  expect(first?.key).toHaveLength(32);
  expect(second).toEqual(first);
  expect(statSync(join(folder, 'secret.key')).mode & 0o777).toBe(0o600);
});

test('production never makes one', () => {
  expect(() => secretKeysOf({ ...development(), isProduction: true })).toThrow(ConfigError);
});

test('keys that are configured are used as they are', () => {
  const ring = [{ id: 'mine', key: Buffer.alloc(32, 1) }];
  expect(secretKeysOf({ ...development(), SECRET_KEYS: ring })).toBe(ring);
});
