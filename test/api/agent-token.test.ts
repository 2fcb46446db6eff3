import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mintAgentToken } from '../../src/api/agent-token.js';
import type { CreatedOrg } from '../../src/api/create-org.js';
import { createVault } from '../../src/secrets/vault.js';
import { anAgent, refOf } from '../support/agents.js';
import { type Sent, startTestApi, type TestApi } from '../support/api.js';

const DAY = 86_400;
const now = () => Math.floor(Date.now() / 1_000);
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

let api: TestApi;
let org: CreatedOrg;
let agent: { orgId: string; agentId: string };
beforeAll(async () => {
  api = await startTestApi();
  org = await api.org();
  agent = refOf(await anAgent(api.database, { orgId: org.orgId }));
});
afterAll(() => api.close());

const tokenOf = async (ref = agent, version = 1) => {
  const wish = { ...ref, credentialVersion: version, now: Date.now() };
  return (await mintAgentToken(api.vault, wish)).token;
};
const config = (sent: Sent, { agentId } = agent, at = api) => at.send(`/agents/${agentId}/config`, sent);
const change = (id: string, columns: object, at = api) =>
  at.database.db.updateTable('agents').set(columns).where('id', '=', id).execute();

describe('a token of an agent', () => {
  test('opens what is the agent’s own', async () => {
    expect((await config({ token: await tokenOf() })).status).toBe(200);
  });

  test('lives for 24 hours', async () => {
    const issuedAt = Date.now();
    const wish = { ...agent, credentialVersion: 1, now: issuedAt - 24 * 3_600_000 + 60_000 };
    const { token, expiresAt } = await mintAgentToken(api.vault, wish);
    expect((await config({ token })).status).toBe(200);
    expect(Math.abs(expiresAt.getTime() - issuedAt - 60_000)).toBeLessThan(1_000);
    const over = await mintAgentToken(api.vault, { ...wish, now: wish.now - 120_000 });
    expect((await config({ token: over.token })).status).toBe(401);
  });

  test('is still good when the key that signed it is no longer the first one', async () => {
    const [first] = api.vault.signingKeys();
    const old = createVault([
      { id: 'new', key: Buffer.alloc(32, 3) },
      { id: 'test', key: Buffer.alloc(32, 7) },
    ]);
    expect(old.signingKeys()[1]).toEqual(first);
    const { token } = await mintAgentToken(old, { ...agent, credentialVersion: 1, now: Date.now() });
    expect((await config({ token })).status).toBe(401);
    const rotated = await startTestApi({
      database: api.database,
      env: {
        NODE_ENV: 'production',
        SECRET_KEYS: `new:${Buffer.alloc(32, 3).toString('base64')},test:${Buffer.alloc(32, 7).toString('base64')}`,
      },
    });
    try {
      expect((await config({ token: await tokenOf() }, agent, rotated)).status).toBe(200);
      expect((await config({ token }, agent, rotated)).status).toBe(200);
    } finally {
      await rotated.close();
    }
  });

  test('is refused at another agent’s, also of its own organisation', async () => {
    const token = await tokenOf();
    const sibling = refOf(await anAgent(api.database, { orgId: org.orgId }));
    const foreign = refOf(await anAgent(api.database));
    for (const other of [sibling, foreign, { agentId: randomUUID(), orgId: '' }]) {
      const sends = [
        config({ token }, other),
        api.send(`/agents/${other.agentId}/heartbeat`, { token, body: { status: 'online' } }),
        api.send(`/agents/${other.agentId}/token/refresh`, { token, method: 'POST' }),
        api.send(`/agents/${other.agentId}/disconnect`, { token, method: 'POST' }),
      ];
      for (const answer of await Promise.all(sends)) {
        expect([answer.status, answer.problem().code]).toEqual([403, 'forbidden']);
        expect(answer.problem().detail).toContain('another agent');
      }
    }
  });

  test('is refused wherever a key or an admin is asked for', async () => {
    const token = await tokenOf();
    const wanted = [
      ['/timers', 'an API key'],
      ['/api-keys', 'an admin token'],
      [`/agents/${agent.agentId}`, 'an API key or an admin token'],
    ] as const;
    for (const [path, needed] of wanted) {
      const answer = await api.send(path, { token });
      expect(answer.status).toBe(403);
      for (const word of needed.split(' or ')) expect(answer.problem().detail).toContain(word);
    }
  });

  test('is needed where an agent calls for itself: a key or an admin token is refused', async () => {
    for (const sent of [{ key: org.key }, { token: org.adminToken }]) {
      const answer = await config(sent);
      expect(answer.status).toBe(403);
      expect(answer.problem().detail).toContain("the agent's own token");
    }
    expect((await config({ headers: { 'x-forwarded-for': '203.0.113.9' } })).status).toBe(401);
  });
});

describe('within a second', () => {
  const LATEST = 1_000;

  test.each([
    ['of an older version', { credential_version: 2 }, 401, 'unauthorized'],
    ['of an agent that was suspended', { is_suspended: true }, 403, 'agent_suspended'],
  ])('a token %s is refused, on every process', async (_, columns, status, code) => {
    const ref = refOf(await anAgent(api.database, { orgId: org.orgId }));
    const token = await tokenOf(ref);
    const second = await startTestApi({ database: api.database });
    try {
      for (const at of [api, second]) expect((await config({ token }, ref, at)).status).toBe(200);
      await change(ref.agentId, columns);
      await delay(LATEST);
      for (const at of [api, second]) {
        const answer = await config({ token }, ref, at);
        expect([answer.status, answer.problem().code]).toEqual([status, code]);
      }
    } finally {
      await second.close();
    }
  });

  test('a token of a deleted agent is refused', async () => {
    const ref = refOf(await anAgent(api.database, { orgId: org.orgId }));
    const token = await tokenOf(ref);
    expect((await config({ token }, ref)).status).toBe(200);
    const path = `/agents/${ref.agentId}`;
    expect((await api.send(path, { method: 'DELETE', token: org.adminToken })).status).toBe(204);
    await delay(100);
    expect((await config({ token }, ref)).status).toBe(401);
  });
});

test('the version before counts until its overlap is over, and no older one', async () => {
  const ref = refOf(await anAgent(api.database, { orgId: org.orgId }));
  await change(ref.agentId, { credential_version: 3, previous_until: new Date(Date.now() + 1_500) });
  const [first, second, third] = [await tokenOf(ref, 1), await tokenOf(ref, 2), await tokenOf(ref, 3)];
  expect((await config({ token: first }, ref)).status).toBe(401);
  expect((await config({ token: second }, ref)).status).toBe(200);
  await delay(1_600);
  expect((await config({ token: second }, ref)).status).toBe(401);
  expect((await config({ token: third }, ref)).status).toBe(200);
});

describe('a forged token', () => {
  type Parts = { header?: object; claims?: object; key?: Uint8Array | string; hash?: string };
  const keyOfTest = () => api.vault.signingKeys()[0]?.key ?? new Uint8Array();

  /** Signed with our own key, so that only what a test changes is wrong. */
  function forge({ header = {}, claims = {}, key = keyOfTest(), hash = 'sha256' }: Parts): string {
    const fullHeader = { alg: 'HS256', typ: 'agent+jwt', kid: 'test', ...header };
    const { orgId: own, agentId: sub } = agent;
    const right = { iss: 'mainspring', aud: 'mainspring-agent', jti: 'j', org: own, sub, ver: 1 };
    const times = { iat: now(), exp: now() + DAY };
    const signed = `${encode(fullHeader)}.${encode({ ...right, ...times, ...claims })}`;
    return `${signed}.${createHmac(hash, key).update(signed).digest('base64url')}`;
  }
  const withSignature = (token: string, change: (signature: string) => string) => {
    const [header, claims, signature = ''] = token.split('.');
    return `${header}.${claims}.${change(signature)}`;
  };
  const withoutSignature = (parts: Parts) => withSignature(forge(parts), () => '');
  const mintedElsewhere = () =>
    mintAgentToken(createVault([{ id: 'test', key: Buffer.alloc(32, 9) }]), {
      ...{ ...agent, credentialVersion: 1, now: Date.now() },
    }).then(({ token }) => token);
  const ofAdmin = { typ: 'admin+jwt' };

  const FORGED: [what: string, make: () => string | Promise<string>][] = [
    ['without a signature', () => withoutSignature({})],
    ['with a signature that is cut short', () => withSignature(forge({}), (s) => s.slice(0, -4))],
    ['with a signature of zeros', () => withSignature(forge({}), () => 'A'.repeat(43))],
    ['of alg none', () => withoutSignature({ header: { alg: 'none' } })],
    ['of alg none that is signed', () => forge({ header: { alg: 'none' } })],
    ['of alg None', () => withoutSignature({ header: { alg: 'None' } })],
    ['of alg hs256', () => forge({ header: { alg: 'hs256' } })],
    ['of alg HS384', () => forge({ header: { alg: 'HS384' }, hash: 'sha384' })],
    ['of alg HS512', () => forge({ header: { alg: 'HS512' }, hash: 'sha512' })],
    ['of alg RS256', () => forge({ header: { alg: 'RS256' } })],
    ['without alg', () => forge({ header: { alg: undefined } })],
    ['without kid', () => forge({ header: { kid: undefined } })],
    ['with an unknown kid', () => forge({ header: { kid: 'other' } })],
    ['with a kid that is a path', () => forge({ header: { kid: '../../dev/null' }, key: '' })],
    ['with an unknown critical extension', () => forge({ header: { crit: ['x'], x: 1 } })],
    ['of the typ of an admin token', () => forge({ header: ofAdmin })],
    [
      'of the typ and audience of an admin token',
      () => forge({ header: ofAdmin, claims: { aud: 'mainspring-admin', ver: 7 } }),
    ],
    ['of another typ', () => forge({ header: { typ: 'JWT' } })],
    ['without typ', () => forge({ header: { typ: undefined } })],
    ['signed with an empty key', () => forge({ key: '' })],
    ['signed with a guessed key', () => forge({ key: 'secret' })],
    ['signed by another installation', mintedElsewhere],
    ['that is over', () => forge({ claims: { iat: now() - 2 * DAY, exp: now() - 60 } })],
    ['that never ends', () => forge({ claims: { exp: undefined } })],
    ['that lives for longer than a day', () => forge({ claims: { iat: now() - DAY - 60 } })],
    ['that is not yet valid', () => forge({ claims: { nbf: now() + 3_600 } })],
    ['that was issued in the future', () => forge({ claims: { iat: now() + 3_600 } })],
    ['without the time of issue', () => forge({ claims: { iat: undefined } })],
    ['of another issuer', () => forge({ claims: { iss: 'somebody' } })],
    ['without an issuer', () => forge({ claims: { iss: undefined } })],
    ['for the audience of admins', () => forge({ claims: { aud: 'mainspring-admin' } })],
    ['without an audience', () => forge({ claims: { aud: undefined } })],
    ['without an agent', () => forge({ claims: { sub: undefined } })],
    ['of an empty agent', () => forge({ claims: { sub: '' } })],
    ['of a list of agents', () => forge({ claims: { sub: [agent.agentId] } })],
    ['of an unknown agent', () => forge({ claims: { sub: randomUUID() } })],
    ['of an agent that is SQL', () => forge({ claims: { sub: "' or '1'='1" } })],
    ['without an organisation', () => forge({ claims: { org: undefined } })],
    ['of another organisation', () => forge({ claims: { org: 'demo' } })],
    ['without a version', () => forge({ claims: { ver: undefined } })],
    ['of an older version', () => forge({ claims: { ver: 0 } })],
    ['of a version to come', () => forge({ claims: { ver: 2 } })],
    ['whose version is a text', () => forge({ claims: { ver: '1' } })],
    ['without an id', () => forge({ claims: { jti: undefined } })],
    ['that is two tokens', () => `${forge({})},${forge({})}`],
    ['that is huge', () => forge({ claims: { filler: 'x'.repeat(10_000) } })],
  ];

  test('that is right is taken, so that the others are refused for what is wrong with them', async () => {
    expect((await config({ token: forge({}) })).status).toBe(200);
  });

  test.each(FORGED)('%s is refused', async (_, make) => {
    const answer = await config({ token: await make() });
    expect([answer.status, answer.problem().code]).toEqual([401, 'unauthorized']);
    expect(answer.headers.get('www-authenticate')).toContain('invalid_token');
  });

  test('of an agent opens nothing of an admin’s', async () => {
    const token = forge({ claims: { aud: ['mainspring-agent', 'mainspring-admin'] } });
    expect((await api.send('/api-keys', { token })).status).toBe(403);
  });
});

test('agents have a limit of their own: 20 requests in 10 seconds', async () => {
  const limited = await startTestApi({ database: api.database, env: { RATE_LIMITS: 'on' } });
  try {
    const ref = refOf(await anAgent(api.database, { orgId: org.orgId }));
    const token = await tokenOf(ref);
    const answers = [];
    for (let count = 0; count < 20; count++) answers.push(await config({ token }, ref, limited));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(answers[0]?.headers.get('ratelimit-policy')).toBe('"default";q=20;w=10');
    const refused = await config({ token }, ref, limited);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(10);
    expect((await config({ token: await tokenOf() }, agent, limited)).status).toBe(200);
  } finally {
    await limited.close();
  }
});
