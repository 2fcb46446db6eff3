import { z } from 'zod';

const PERIOD_MS = { '1h': 3_600_000, '24h': 86_400_000, '7d': 604_800_000, '30d': 2_592_000_000 } as const;

/** A span of the past that a report covers, in ms. */
export const Period = z.enum(['1h', '24h', '7d', '30d']).transform((name) => PERIOD_MS[name]);
