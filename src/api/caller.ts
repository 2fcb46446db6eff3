import type { Tier } from '../schemas/api-key.js';

/** What kind of credential a route takes; an open route takes none. */
export type CallerKind = 'key' | 'admin' | 'open';

/** Who a request is from. The organisation comes from the credential alone. */
export interface Caller {
  kind: 'key' | 'admin';
  orgId: string;
  tier: Tier;
  /** The tenants a key is limited to, or null for all of its organisation. */
  tenants: string[] | null;
  /** Of the API key, or the admin token's own id. */
  keyId: string;
}

/** Open routes have no caller. */
export type CallerOf<Kind extends CallerKind> = Kind extends 'open' ? null : Caller;
