import type { Tier } from '../schemas/api-key.js';

/** What kind of credential a route takes; an open route takes none. */
export type CallerKind = 'key' | 'admin' | 'agent' | 'open';

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

/** An agent that calls for itself, with the token that it got when it connected. */
export interface AgentCaller {
  kind: 'agent';
  orgId: string;
  agentId: string;
  /** That its token carries: a new token is of the same. */
  credentialVersion: number;
  /** An agent is limited to itself, never to tenants. */
  tenants: null;
}

export type AnyCaller = Caller | AgentCaller;

/** Open routes have no caller. */
export type CallerOf<Kind extends CallerKind> = Kind extends 'open'
  ? null
  : Kind extends 'agent'
    ? AgentCaller
    : Caller;
