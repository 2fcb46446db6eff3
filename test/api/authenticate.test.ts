import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mintAdminToken } from '../../src/api/admin-token.js';
import type { CreatedOrg } from '../../src/api/create-org.js';
import { raiseCredentialVersion } from '../../src/db/orgs.js';
import { createVault } from '../../src/secrets/vault.js';
import { DEMO_KEY, startTestApi, type TestApi } from '../support/api.js';

const DAY = 86_400;
const now = () => Math.floor(Date.now() / 1_000);
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

let api: TestApi;
let org: CreatedOrg;
beforeAll(async () => {
  api = await startTestApi();
  org = await api.org();
});
afterAll(() => api.close());

const statusOf = async (sent: Parameters<TestApi['send']>[1], path = '/deliveries') =>
  (await api.send(path, sent)).status;

describe('an API key', () => {
  test.each(['x-api-key', 'authorization'])('is taken from %s', async (name) => {
    const value = name === 'authorization' ? `Bearer ${org.key}` : org.key;
    expect(await statusOf({ headers: { [name]: value } })).toBe(200);
  });

  test.each([
    ['unknown', 'mnt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
    ['empty', ''],
    ['too short', 'mnt_'],
    ['of another kind', 'sk-123456789012'],
    ['with a quote in it', "mnt_' or '1'='1"],
    ['twice', `${DEMO_KEY}, ${DEMO_KEY}`],
    ['too long', `mnt_${'a'.repeat(5_000)}`],
  ])('that is %s is a 401, on loopback too', async (_, key) => {
    const answer = await api.send('/deliveries', { key });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect(answer.problem().code).toBe('unauthorized');
  });

  test('goes before a token that is sent beside it', async () => {
    expect(await statusOf({ key: org.key, token: 'a.b.c' })).toBe(200);
    expect(await statusOf({ key: 'mnt_wrongwrong', token: org.adminToken })).toBe(401);
  });

  test('may not do what is the admin’s', async () => {
    const answer = await api.send('/api-keys', { key: org.key });
    expect(answer.status).toBe(403);
    expect(answer.problem().code).toBe('forbidden');
  });

  test('that is limited to tenants may not see the whole organisation', async () => {
    const body = { name: 'one tenant', tenants: ['agent-1'] };
    const { key } = (await api.send('/api-keys', { token: org.adminToken, body })).json<{ key: string }>();
    expect(await statusOf({ key })).toBe(200);
    for (const path of ['/events', '/webhook-secret', '/subscriptions']) {
      expect(await statusOf({ key }, path)).toBe(403);
    }
  });

  test('works from the moment it is made, and is refused a second after it was revoked', async () => {
    const made = await api.send('/api-keys', { token: org.adminToken, body: { name: 'short-lived' } });
    const { key, apiKey } = made.json<{ key: string; apiKey: { id: string; prefix: string } }>();
    expect(key.startsWith(apiKey.prefix)).toBe(true);
    expect(await statusOf({ key })).toBe(200);
    const revoked = await api.send(`/api-keys/${apiKey.id}`, { method: 'DELETE', token: org.adminToken });
    expect(revoked.status).toBe(204);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(await statusOf({ key })).toBe(401);
  });

  test('is kept as a digest only', async () => {
    const rows = await api.database.db.selectFrom('api_keys').selectAll().execute();
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(org.key);
  });
});

describe('a program on this machine without a credential', () => {
  /** A request whose Host header is not the one that fetch would send. */
  const statusWith = (headers: Record<string, string>) =>
    new Promise<number>((resolve, reject) => {
      const { port } = api.api;
      const sent = request({ host: '127.0.0.1', port, path: '/deliveries', headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      });
      sent.on('error', reject).end();
    });

  test('has the rights of the demo key, never those of an admin', async () => {
    expect(await statusOf({})).toBe(200);
    expect(await statusOf({}, '/api-keys')).toBe(403);
  });

  test.each([
    ['a proxy', { 'x-forwarded-for': '10.0.0.1' }],
    ['a standard proxy', { forwarded: 'for=10.0.0.1' }],
    ['a name that was rebound', { host: 'evil.example.com' }],
    ['a page from elsewhere', { origin: 'https://evil.example.com' }],
    ['a form from elsewhere', { 'sec-fetch-site': 'cross-site' }],
    ['a sandboxed page', { origin: 'null' }],
  ])('has none through %s', async (_, headers) => {
    expect(await statusWith({ host: 'localhost', ...headers })).toBe(401);
  });
});

describe('in production', () => {
  test('neither the demo key nor the place of a program counts', async () => {
    const production = await startTestApi({ env: { NODE_ENV: 'production' }, database: api.database });
    try {
      expect((await production.send('/deliveries', { key: DEMO_KEY })).status).toBe(401);
      expect((await production.send('/deliveries')).status).toBe(401);
      expect((await production.send('/deliveries', { key: org.key })).status).toBe(200);
      expect(production.api.facts).toEqual([]);
    } finally {
      await production.close();
    }
  });
});

describe('an admin token', () => {
  test('opens what is the admin’s, of its organisation', async () => {
    const answer = await api.send('/api-keys', { token: org.adminToken });
    expect(answer.json<{ apiKeys: { name: string }[] }>().apiKeys[0]?.name).toBe('First key');
  });

  test('may not do what takes a key', async () => {
    expect(await statusOf({ token: org.adminToken })).toBe(403);
  });

  test('is refused once the credentials of its organisation were renewed', async () => {
    const other = await api.org();
    expect(await statusOf({ token: other.adminToken }, '/api-keys')).toBe(200);
    await raiseCredentialVersion(api.database.db, other.orgId);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(await statusOf({ token: other.adminToken }, '/api-keys')).toBe(401);
  });
});

describe('a forged admin token', () => {
  type Parts = { header?: object; claims?: object; key?: Uint8Array | string; hash?: string };
  const keyOfTest = () => api.vault.signingKeys()[0]?.key ?? new Uint8Array();

  /** Signed with our own key, so that only what a test changes is wrong. */
  function forge({ header = {}, claims = {}, key = keyOfTest(), hash = 'sha256' }: Parts): string {
    const fullHeader = { alg: 'HS256', typ: 'admin+jwt', kid: 'test', ...header };
    const right = { iss: 'mainspring', aud: 'mainspring-admin', jti: 'j', org: org.orgId, ver: 1 };
    const times = { iat: now(), exp: now() + DAY };
    const signed = `${encode(fullHeader)}.${encode({ ...right, ...times, ...claims })}`;
    return `${signed}.${createHmac(hash, key).update(signed).digest('base64url')}`;
  }
  const withSignature = (token: string, change: (signature: string) => string) => {
    const [header, claims, signature = ''] = token.split('.');
    return `${header}.${claims}.${change(signature)}`;
  };
  const withClaims = (token: string, claims: object) => {
    const [header, , signature] = token.split('.');
    return `${header}.${encode(claims)}.${signature}`;
  };
  const asymmetric = (alg: string, type: 'rsa' | 'ed25519') => {
    const { privateKey } =
      type === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ed25519');
    const [header, claims] = forge({ header: { alg } }).split('.');
    const signed = `${header}.${claims}`;
    return `${signed}.${sign(type === 'rsa' ? 'sha256' : null, Buffer.from(signed), privateKey).toString('base64url')}`;
  };
  const otherVault = () => createVault([{ id: 'test', key: Buffer.alloc(32, 9) }]);
  const mintedElsewhere = () =>
    mintAdminToken(otherVault(), { orgId: org.orgId, credentialVersion: 1, now: Date.now() });

  const FORGED: [what: string, make: () => string | Promise<string>][] = [
    ['without a signature', () => withSignature(forge({}), () => '')],
    [
      'with one letter of the signature changed',
      () => withSignature(forge({}), (s) => (s.startsWith('A') ? 'B' : 'A') + s.slice(1)),
    ],
    ['with a signature that is cut short', () => withSignature(forge({}), (s) => s.slice(0, -4))],
    ['with a signature of zeros', () => withSignature(forge({}), () => 'A'.repeat(43))],
    ['with a longer signature', () => withSignature(forge({}), (s) => `${s}AAAA`)],
    ['of alg none', () => withSignature(forge({ header: { alg: 'none' } }), () => '')],
    ['of alg none that is signed', () => forge({ header: { alg: 'none' } })],
    ['of alg None', () => forge({ header: { alg: 'None' } })],
    ['of alg NONE', () => forge({ header: { alg: 'NONE' } })],
    ['of alg hs256', () => forge({ header: { alg: 'hs256' } })],
    ['of alg HS384', () => forge({ header: { alg: 'HS384' }, hash: 'sha384' })],
    ['of alg HS512', () => forge({ header: { alg: 'HS512' }, hash: 'sha512' })],
    ['of alg RS256', () => asymmetric('RS256', 'rsa')],
    ['of alg EdDSA', () => asymmetric('EdDSA', 'ed25519')],
    ['without alg', () => forge({ header: { alg: undefined } })],
    ['of an alg that is a list', () => forge({ header: { alg: ['HS256'] } })],
    ['of an alg that is null', () => forge({ header: { alg: null } })],
    ['without kid', () => forge({ header: { kid: undefined } })],
    ['with an unknown kid', () => forge({ header: { kid: 'other' } })],
    ['with a kid that is a path', () => forge({ header: { kid: '../../dev/null' }, key: '' })],
    ['with a kid that is SQL', () => forge({ header: { kid: "' or 1=1 --" } })],
    ['with a kid of the prototype', () => forge({ header: { kid: '__proto__' } })],
    [
      'with a key of its own in the header',
      () => forge({ header: { jwk: { kty: 'oct', k: 'AAAA' } }, key: Buffer.alloc(3) }),
    ],
    [
      'with the address of a key',
      () => forge({ header: { jku: 'https://evil.example.com/keys' }, key: 'x' }),
    ],
    ['with a critical extension', () => forge({ header: { crit: ['exp'] } })],
    ['of another typ', () => forge({ header: { typ: 'JWT' } })],
    ['without typ', () => forge({ header: { typ: undefined } })],
    ['signed with an empty key', () => forge({ key: '' })],
    ['signed with a guessed key', () => forge({ key: 'secret' })],
    ['signed with the name of the key', () => forge({ key: 'test' })],
    ['signed by another installation', mintedElsewhere],
    ['that is over', () => forge({ claims: { iat: now() - 2 * DAY, exp: now() - 60 } })],
    ['that never ends', () => forge({ claims: { exp: undefined } })],
    ['whose end is a text', () => forge({ claims: { exp: String(now() + DAY) } })],
    ['that is not yet valid', () => forge({ claims: { nbf: now() + 3_600 } })],
    ['that was issued in the future', () => forge({ claims: { iat: now() + 3_600 } })],
    ['without the time of issue', () => forge({ claims: { iat: undefined } })],
    ['that was issued years ago', () => forge({ claims: { iat: now() - 800 * DAY } })],
    ['of another issuer', () => forge({ claims: { iss: 'somebody' } })],
    ['without an issuer', () => forge({ claims: { iss: undefined } })],
    ['for another audience', () => forge({ claims: { aud: 'mainspring-agent' } })],
    ['without an audience', () => forge({ claims: { aud: undefined } })],
    ['without an organisation', () => forge({ claims: { org: undefined } })],
    ['for an unknown organisation', () => forge({ claims: { org: 'nobody' } })],
    ['for a list of organisations', () => forge({ claims: { org: [org.orgId] } })],
    ['for an organisation that is SQL', () => forge({ claims: { org: "' or '1'='1" } })],
    ['without a version', () => forge({ claims: { ver: undefined } })],
    ['of an older version', () => forge({ claims: { ver: 0 } })],
    ['of a version to come', () => forge({ claims: { ver: 2 } })],
    ['whose version is a text', () => forge({ claims: { ver: '1' } })],
    ['without an id', () => forge({ claims: { jti: undefined } })],
    ['whose claims were changed after signing', () => withClaims(org.adminToken, { org: 'demo', ver: 1 })],
    ['with claims that are a list', () => withClaims(org.adminToken, [])],
    ['with claims that are not JSON', () => org.adminToken.replace(/\.[^.]+\./, '.bm90IGpzb24.')],
    ['that is two tokens', () => `${org.adminToken},${org.adminToken}`],
    ['of four parts', () => `${org.adminToken}.x`],
    ['of two parts', () => org.adminToken.split('.').slice(0, 2).join('.')],
    ['that is empty', () => ''],
    ['that is huge', () => forge({ claims: { filler: 'x'.repeat(10_000) } })],
  ];

  test('that is right is taken, so that the others are refused for what is wrong with them', async () => {
    expect(await statusOf({ token: forge({}) }, '/api-keys')).toBe(200);
  });

  test.each(FORGED)('%s is refused', async (_, make) => {
    const answer = await api.send('/api-keys', { token: await make() });
    expect(answer.status).toBe(401);
    expect(answer.problem().code).toBe('unauthorized');
  });
});

describe('guessing', () => {
  test('ends after 300 wrong credentials from one address in a minute, and not for who is known', async () => {
    const own = await startTestApi({ database: api.database });
    try {
      expect((await own.send('/deliveries', { key: org.key })).status).toBe(200);
      let last = await own.send('/deliveries', { key: 'mnt_wrongwrong' });
      for (let guess = 0; guess < 300; guess++)
        last = await own.send('/deliveries', { key: `mnt_wrong${guess}0000` });
      expect(last.status).toBe(429);
      expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await own.send('/deliveries', { key: org.key })).status).toBe(200);
    } finally {
      await own.close();
    }
  });

  test('locks nobody out who shows a valid credential for the first time', async () => {
    const own = await startTestApi({ database: api.database });
    try {
      for (let guess = 0; guess <= 300; guess++)
        await own.send('/deliveries', { key: `mnt_wrong${guess}0000` });
      expect((await own.send('/deliveries', { key: 'mnt_wrongwrong' })).status).toBe(429);
      expect((await own.send('/deliveries', { key: org.key })).status).toBe(200);
      expect((await own.send('/api-keys', { token: org.adminToken })).status).toBe(200);
    } finally {
      await own.close();
    }
  });

  test('behind a proxy ends for the address that guesses, whatever else it claims to be', async () => {
    const own = await startTestApi({ database: api.database, env: { TRUSTED_PROXIES: '1' } });
    try {
      const guess = (forwarded: string) =>
        own.send('/deliveries', { key: 'mnt_wrongwrong', headers: { 'x-forwarded-for': forwarded } });
      for (let count = 0; count < 300; count++) await guess(`198.51.100.${count % 250}, 203.0.113.1`);
      expect((await guess('198.51.100.251, 203.0.113.1')).status).toBe(429);
      expect((await guess('203.0.113.2')).status).toBe(401);
    } finally {
      await own.close();
    }
  });
});
