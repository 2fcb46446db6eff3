import { z } from 'zod';
import { Moment, Name } from './identity.js';

/** What an organisation pays for: decides how many requests a minute a key may make. */
export const Tier = z.enum(['free', 'pro', 'team', 'enterprise']);
export type Tier = z.infer<typeof Tier>;

export const ApiKeyRequest = z
  .strictObject({
    name: Name,
    tier: Tier.optional().describe("The organisation's own by default"),
    tenants: z.array(Name).min(1).max(100).optional().describe('Only these tenants; all by default'),
  })
  .meta({ id: 'ApiKeyRequest' });
export type ApiKeyRequest = z.infer<typeof ApiKeyRequest>;

export const ApiKey = z
  .looseObject({
    id: z.string(),
    name: z.string(),
    prefix: z.string().describe('The first characters, to tell keys apart'),
    tier: Tier,
    tenants: z.array(z.string()).nullable(),
    createdAt: Moment,
  })
  .meta({ id: 'ApiKey' });
export type ApiKey = z.infer<typeof ApiKey>;
export const ApiKeyList = z.looseObject({ apiKeys: z.array(ApiKey) });
export const NewApiKey = z.looseObject({ apiKey: ApiKey, key: z.string().describe('Shown once') });
