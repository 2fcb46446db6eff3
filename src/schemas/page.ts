import { z } from 'zod';

/** What every list takes. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().min(1).max(500).optional().describe('`nextCursor` of the page before'),
};

/** What every list answers besides its items: null at the end. */
export const NextCursor = z.string().nullable().describe('The next page, or null at the end');
