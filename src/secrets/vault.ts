import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { KeyRing } from '../schemas/setting.js';

const SEALED = /^sealed:([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/=]+)$/;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Keeps secrets: seals what the database stores, digests keys, signs tokens. Each use has a key of its own. */
export interface Vault {
  /** AES-256-GCM under the first key of the ring: `sealed:<key id>:<base64>`. */
  seal(text: string): string;
  /** The text that was sealed; other text comes back as it is. Throws when its key is no longer in the ring. */
  open(text: string): string;
  /** Keyed digests (HMAC-SHA-256, hex) under every key of the ring, the current one first. */
  digests(text: string): [string, ...string[]];
  /** Keys that sign and verify admin tokens, the current one first. */
  signingKeys(): { id: string; key: Uint8Array }[];
}

const derive = (key: Buffer, purpose: string) =>
  Buffer.from(hkdfSync('sha256', key, '', `mainspring/${purpose}`, 32));

export function createVault(ring: KeyRing): Vault {
  const keys = ring.map(({ id, key }) => ({
    id,
    sealing: derive(key, 'seal'),
    digesting: derive(key, 'digest'),
    signing: derive(key, 'sign'),
  }));
  const [current] = keys;
  if (!current) throw new Error('a vault needs at least one key');
  const digest = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest('hex');
  return {
    seal(text) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', current.sealing, iv);
      const bytes = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `sealed:${current.id}:${bytes.toString('base64')}`;
    },
    open(text) {
      const [, id, data] = SEALED.exec(text) ?? [];
      if (id === undefined || data === undefined) return text;
      const key = keys.find((candidate) => candidate.id === id);
      if (!key) throw new Error(`the key "${id}" that sealed a secret is not in SECRET_KEYS`);
      const bytes = Buffer.from(data, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', key.sealing, bytes.subarray(0, IV_BYTES));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      return (
        decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
      );
    },
    digests: (text) => [
      digest(current.digesting, text),
      ...keys.slice(1).map((key) => digest(key.digesting, text)),
    ],
    signingKeys: () => keys.map(({ id, signing }) => ({ id, key: new Uint8Array(signing) })),
  };
}
