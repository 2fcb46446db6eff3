import { z } from 'zod';
import { Moment } from './identity.js';
import { NextCursor, pageQuery } from './page.js';
import { SessionId } from './task.js';

export const MemoryKey = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{1,128}$/, 'must be 1 to 128 of A-Z a-z 0-9 . _ : -');
const MOST_BYTES = 65_536;
const isSmall = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length <= MOST_BYTES;
const TOO_LARGE = { error: 'is larger than 64 KB', params: { code: 'too_large' } };
/** What code has an agent remember. */
export const MemoryValue = z.json().refine(isSmall, TOO_LARGE);
/** Entries of an agent in one session, and of all its sessions. */
export const MEMORY_LIMITS = { perSession: 1_000, perAgent: 100_000 } as const;

/** Something that an agent remembers: of a session, or (session null) of all of them. */
export const Memory = z
  .looseObject({
    key: z.string(),
    sessionId: z.string().nullable(),
    value: z.unknown(),
    createdAt: Moment,
    updatedAt: Moment,
  })
  .meta({ id: 'Memory' });

export const MemoryAnswer = z.looseObject({ memory: Memory });
export const MemoryPage = z.looseObject({ memories: z.array(Memory), nextCursor: NextCursor });
export const MemoryScope = z.object({ sessionId: SessionId.optional() });
export const MemoryFilter = z.object({ ...pageQuery, sessionId: SessionId.optional() });
export const MemoriesForgotten = z.looseObject({ deleted: z.int().describe('So many entries') });
/** The API reads a null as left out. */
const NEEDED = 'is required, and must not be null: DELETE forgets an entry';
export const MemoryRequest = z
  .strictObject({
    value: z
      .unknown()
      .refine((value) => value !== undefined, { error: NEEDED, abort: true })
      .refine(isSmall, TOO_LARGE)
      .meta({ description: 'Any JSON but null, at most 64 KB' }),
  })
  .meta({ id: 'MemoryRequest' });
