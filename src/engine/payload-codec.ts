import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import type { KeyRing } from '../schemas/setting.js';

/** The same names and layout as the encryption samples of Temporal's SDKs, so that services in other languages can join. */
const ENCODING = 'binary/encrypted';
const CIPHER = 'AES/GCM';
const IV_BYTES = 12;
const TAG_BYTES = 16;

const WirePayload = proto.temporal.api.common.v1.Payload;
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array | null | undefined) => new TextDecoder().decode(value ?? new Uint8Array());

function encrypt(payload: Payload, id: string, key: Buffer): Payload {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const plain = WirePayload.encode(payload).finish();
  return {
    metadata: {
      encoding: bytes(ENCODING),
      'encryption-cipher': bytes(CIPHER),
      'encryption-key-id': bytes(id),
    },
    data: Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]),
  };
}

function decrypt(data: Uint8Array, key: Buffer): Payload {
  const decipher = createDecipheriv('aes-256-gcm', key, data.subarray(0, IV_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAuthTag(data.subarray(-TAG_BYTES));
  return WirePayload.decode(
    Buffer.concat([decipher.update(data.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]),
  );
}

/**
 * AES-256-GCM: writes under the first key of the ring, reads under any of them by its id. Payloads that are not
 * encrypted pass, so that encryption can be switched on while workflows run. Throws when a key is no longer in the
 * ring or a payload was altered.
 */
export function createPayloadCodec(ring: KeyRing): PayloadCodec {
  const [current] = ring;
  if (!current) throw new Error('a payload codec needs at least one key');
  return {
    encode: async (payloads) => payloads.map((payload) => encrypt(payload, current.id, current.key)),
    decode: async (payloads) =>
      payloads.map((payload) => {
        if (text(payload.metadata?.encoding) !== ENCODING) return payload;
        const id = text(payload.metadata?.['encryption-key-id']);
        const entry = ring.find((candidate) => candidate.id === id);
        if (!entry) throw new Error(`the key "${id}" that encrypted a payload is not in PAYLOAD_KEYS`);
        return decrypt(payload.data ?? new Uint8Array(), entry.key);
      }),
  };
}
