import { z } from 'zod';

/** A name that a person gave: 1 to 200 characters. */
export const Name = z.string().trim().min(1).max(200);
export type Name = z.infer<typeof Name>;

/** An id that a caller may choose: letters, digits, `.`, `_`, `:`, `-`; at most 128. */
export const OwnId = z.string().regex(/^[A-Za-z0-9._:-]{1,128}$/, 'must be 1 to 128 of A-Z a-z 0-9 . _ : -');
export type OwnId = z.infer<typeof OwnId>;

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length;

/** A free-form JSON object of at most `kilobytes` KB when written as JSON. */
export const freeForm = (kilobytes: number) =>
  z
    .record(z.string(), z.unknown())
    .refine((value) => bytesOf(value) <= kilobytes * 1024, {
      error: `is larger than ${kilobytes} KB`,
      params: { code: 'too_large' },
    })
    .meta({ description: `Free-form object, at most ${kilobytes} KB` });

/** Short labels of a resource, to be filtered and read by people. */
export const Labels = z
  .record(z.string().min(1).max(63), z.string().max(200))
  .refine((labels) => Object.keys(labels).length <= 50, 'must not have more than 50 labels');
export type Labels = z.infer<typeof Labels>;

/** A moment in an answer: ISO 8601 UTC with milliseconds. */
export const Moment = z.iso.datetime({ precision: 3 }).meta({ examples: ['2030-01-31T09:00:00.000Z'] });
export type Moment = z.infer<typeof Moment>;
