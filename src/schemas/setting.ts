import { z } from 'zod';

export const Port = z.coerce.number().int().min(0).max(65_535);
export const Count = z.coerce.number().int().min(1);
export const HttpUrl = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ''));
/** Comma separated. */
export const List = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );
export const switched = (initial: 'on' | 'off') =>
  z
    .enum(['on', 'off'])
    .default(initial)
    .transform((value) => value === 'on');

const KEY_ENTRY = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/]{43}=)$/;
/** `id:base64` of 32 bytes each, comma separated; the first one writes, all of them read. */
export const KeyRing = List.transform((entries, ctx) =>
  entries.flatMap((entry) => {
    const [, id, key] = KEY_ENTRY.exec(entry) ?? [];
    if (id !== undefined && key !== undefined) return [{ id, key: Buffer.from(key, 'base64') }];
    ctx.addIssue('must be id:key pairs, each key 32 bytes in base64 (openssl rand -base64 32)');
    return [];
  }),
);
export type KeyRing = z.infer<typeof KeyRing>;

const Prices = z.record(
  z.string().min(1),
  z.strictObject({ input: z.number().min(0), output: z.number().min(0) }),
);

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No price list is undefined.
    return undefined;
  }
}

/** JSON: US dollars for a million tokens, by model. */
export const ModelPrices = z
  .string()
  .default('{}')
  .transform((text, ctx) => {
    const parsed = Prices.safeParse(jsonOf(text));
    if (parsed.success) return parsed.data;
    ctx.addIssue('must be JSON: {"model": {"input": dollars, "output": dollars}}, for a million tokens');
    return z.NEVER;
  });
