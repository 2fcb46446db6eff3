import type { IncomingMessage } from 'node:http';
import { findApiKey } from '../db/api-keys.js';
import { findOrg } from '../db/orgs.js';
import { readAdminToken } from './admin-token.js';
import { isVersionValid } from './agent-secret.js';
import { looksLikeAgentToken, readAgentToken } from './agent-token.js';
import type { AgentCaller, AnyCaller, Caller } from './caller.js';
import { clientAddress } from './client-address.js';
import { isLocal, readCredential } from './credential.js';
import { FreshCache } from './fresh-cache.js';
import { DEMO_KEY } from './keys.js';
import { ApiProblem, suspended } from './problem.js';
import type { Services } from './services.js';

/** Finds out who a request is from; throws `unauthorized` for everybody else. */
export type Authenticate = (req: IncomingMessage) => Promise<AnyCaller>;

const refused = (detail: string, challenge: string) =>
  new ApiProblem('unauthorized', detail, { headers: { 'WWW-Authenticate': challenge } });
const missing = () =>
  refused('send an API key as X-API-Key, or a token as Authorization: Bearer', 'Bearer realm="mainspring"');
/** What everybody is told whose credential does not count, whatever is wrong with it. */
export const wrongCredential = () =>
  refused('the credential is not valid (any more)', 'Bearer realm="mainspring", error="invalid_token"');

export type AuthenticateOptions = Pick<
  Services,
  'database' | 'vault' | 'config' | 'clock' | 'guesses' | 'presences'
>;

/** `close` ends listening for changed keys. */
export function createAuthenticate(options: AuthenticateOptions): {
  authenticate: Authenticate;
  close: () => void;
} {
  const { database, vault, config, clock, guesses, presences } = options;
  const keys = new FreshCache((key) => findCaller(options, key), clock);
  const orgs = new FreshCache(async (orgId) => (await findOrg(database.db, orgId)) ?? null, clock);
  const agents = new FreshCache(presences, clock);
  const close = database.listen('keys', () => {
    keys.expire();
    orgs.expire();
    agents.expire();
  });

  async function byKey(key: string, address: string): Promise<Caller> {
    if (config.isProduction && key === DEMO_KEY) throw await guesses.refuse(address, wrongCredential());
    const caller = await keys.get(key);
    if (caller) return caller;
    throw await guesses.refuse(address, wrongCredential());
  }

  async function byAgentToken(token: string, address: string): Promise<AgentCaller> {
    const now = clock();
    const claims = await readAgentToken(vault, token, now);
    const agent = claims && (await agents.get(claims.agentId));
    if (
      agent?.org_id !== claims?.orgId ||
      !claims ||
      !agent ||
      !isVersionValid(agent, claims.credentialVersion, now)
    ) {
      throw await guesses.refuse(address, wrongCredential());
    }
    if (agent.is_suspended) throw suspended();
    const { orgId, agentId, credentialVersion } = claims;
    return { kind: 'agent', orgId, agentId, credentialVersion, tenants: null };
  }

  async function byAdminToken(token: string, address: string): Promise<Caller> {
    const claims = await readAdminToken(vault, token, clock());
    const org = claims && (await orgs.get(claims.orgId));
    if (!claims || !org || org.credential_version !== claims.credentialVersion) {
      throw await guesses.refuse(address, wrongCredential());
    }
    return { kind: 'admin', orgId: org.id, tier: org.tier, tenants: null, keyId: `admin.${claims.tokenId}` };
  }

  /** Programs on this machine need no key in development; the explicit one goes before this. */
  async function byPlace(req: IncomingMessage): Promise<Caller> {
    const caller = !config.isProduction && isLocal(req) ? await keys.get(DEMO_KEY) : null;
    if (!caller) throw missing();
    return caller;
  }

  const authenticate: Authenticate = (req) => {
    const credential = readCredential(req.headers);
    const address = clientAddress(req, config.TRUSTED_PROXIES);
    if (credential.kind === 'key') return byKey(credential.key, address);
    if (credential.kind === 'token') {
      const { token } = credential;
      return looksLikeAgentToken(token) ? byAgentToken(token, address) : byAdminToken(token, address);
    }
    if (credential.kind === 'none') return byPlace(req);
    return guesses.refuse(address, wrongCredential()).then((problem) => Promise.reject(problem));
  };
  return { authenticate, close };
}

async function findCaller({ database, vault }: AuthenticateOptions, key: string): Promise<Caller | null> {
  const row = await findApiKey(database.db, vault.digests(key));
  if (!row) return null;
  return { kind: 'key', orgId: row.org_id, tier: row.tier, tenants: row.tenants, keyId: row.id };
}
