import { describe, expect, test } from '@jest/globals';
import { defaultPayloadConverter } from '@temporalio/common';
import { createPayloadCodec } from '../../src/engine/payload-codec.js';

const key = (id: string) => ({ id, key: Buffer.alloc(32, id) });
const payload = (value: unknown) => defaultPayloadConverter.toPayload(value);
const contentOf = defaultPayloadConverter.fromPayload.bind(defaultPayloadConverter);

describe('an encrypted payload', () => {
  const secret = { note: 'a canary that must not be seen' };

  test('is read with its key, and shows nothing without', async () => {
    const codec = createPayloadCodec([key('a')]);
    const [sealed] = await codec.encode([payload(secret)]);
    expect(Buffer.from(sealed?.data ?? []).includes('canary')).toBe(false);
    expect((await codec.decode(sealed ? [sealed] : [])).map((opened) => contentOf(opened))).toEqual([secret]);
  });

  test('is never the same twice', async () => {
    const codec = createPayloadCodec([key('a')]);
    const [one, two] = await codec.encode([payload(secret), payload(secret)]);
    expect(one?.data).not.toEqual(two?.data);
  });

  test('is read after its key was replaced, and not once it is gone', async () => {
    const sealed = await createPayloadCodec([key('old')]).encode([payload(secret)]);
    const rotated = await createPayloadCodec([key('new'), key('old')]).decode(sealed);
    expect(rotated.map((opened) => contentOf(opened))).toEqual([secret]);
    await expect(createPayloadCodec([key('new')]).decode(sealed)).rejects.toThrow('"old"');
  });

  test('that was altered is refused', async () => {
    const codec = createPayloadCodec([key('a')]);
    const sealed = await codec.encode([payload(secret)]);
    for (const { data } of sealed) if (data) data[20] = (data[20] ?? 0) ^ 1;
    await expect(codec.decode(sealed)).rejects.toThrow();
  });
});

test('payloads from before encryption are read as they are', async () => {
  const plain = payload({ from: 'yesterday' });
  expect(await createPayloadCodec([key('a')]).decode([plain])).toEqual([plain]);
});
