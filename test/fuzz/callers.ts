import { SignJWT } from 'jose';
import { mintAdminToken } from '../../src/api/admin-token.js';
import { readConfig } from '../../src/config.js';
import { AgentAnswer } from '../../src/schemas/agent.js';
import { ConnectAnswer, Credentials } from '../../src/schemas/agent-connection.js';
import { NewApiKey } from '../../src/schemas/api-key.js';
import { ToolPage } from '../../src/schemas/tool.js';
import { createVault } from '../../src/secrets/vault.js';
import type { Random } from '../chaos/random.js';
import { TEXTS } from './hostile.js';

type Headers = Record<string, string>;

/** Whom requests are from. */
export interface Callers {
  key: Headers;
  admin: Headers;
  /** An agent of the run's own: no other request changes it. */
  agent: { id: string; secret: string; headers: Headers };
  /** Of a key that is limited to the tenant `agent-1`. */
  limited: Headers;
  /** Credentials that must be refused. */
  forged(random: Random): Headers;
}

const KEY = 'mnt_demo_key_pro';
const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` });
/** What can stand in a header at all; the rest is said by hand, in conversations. */
const HEADER_TEXTS = TEXTS.filter((text) => /^[\t\x20-\xff]*$/.test(text));

async function signedElsewhere(claims: object, header: { kid?: string; typ?: string } = {}): Promise<string> {
  return new SignJWT({ org: 'demo', ver: 1, ...claims })
    .setProtectedHeader({ alg: 'HS256', typ: 'admin+jwt', kid: 'fuzz', ...header })
    .setIssuer('mainspring')
    .setAudience('mainspring-admin')
    .setJti('a')
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(Buffer.alloc(32, 1));
}

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

async function forgeries(token: string): Promise<Headers[]> {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const unsigned = base64url({ alg: 'none', typ: 'admin+jwt', kid: 'fuzz' });
  const tokens = [
    `${unsigned}.${payload}.`,
    `${unsigned}.${payload}.x`,
    `${header}.${payload}.${signature.slice(0, -4)}`,
    `${header}.${base64url({ org: 'other', ver: 1 })}.${signature}`,
    `${header}..${signature}`,
    '..',
    'a.b.c',
    `${base64url(null)}.${base64url([])}.x`,
    `${header}.${payload}.${signature}.${signature}`,
    'a'.repeat(4_097),
    `a.${'b'.repeat(3_000)}.c`,
    await signedElsewhere({}),
    await signedElsewhere({ ver: -1 }),
    await signedElsewhere({ org: { $ne: null } }, { kid: '../../etc/passwd' }),
    'mnt_',
    'mnt_unknown_key',
    `mnt_${'a'.repeat(129)}`,
  ];
  const texts = HEADER_TEXTS.flatMap((text): Headers[] => [{ 'x-api-key': text }, { authorization: text }]);
  return [
    ...tokens.flatMap((one): Headers[] => [bearer(one), { 'x-api-key': one }]),
    ...texts,
    { authorization: 'Basic bW50X2RlbW9fa2V5X3Bybzp4' },
    { authorization: 'Bearer' },
    { authorization: `Bearer ${KEY} ${KEY}` },
    { 'x-api-key': 'mnt_demo_key_prO', authorization: `Bearer ${KEY}` },
    { 'x-forwarded-for': '127.0.0.1' },
    { forwarded: 'for=127.0.0.1' },
    { host: 'elsewhere.example' },
    { origin: 'http://elsewhere.example' },
    { 'sec-fetch-site': 'cross-site' },
    { cookie: `key=${KEY}` },
  ];
}

/** From now on calls of the tool wait for a person: otherwise nothing would ever wait for approval. */
async function holdTool(url: string, token: string, name: string): Promise<void> {
  const headers = { ...bearer(token), 'content-type': 'application/json' };
  const { tools } = ToolPage.parse(await (await fetch(`${url}/tools?limit=500`, { headers })).json());
  const tool = tools.find((one) => one.name === name);
  if (!tool) throw new Error(`there is no tool ${name}`);
  const body = JSON.stringify({ requiresApproval: true });
  await fetch(`${url}/tools/${tool.id}`, { method: 'PATCH', headers, body });
}

/** `secretKeys` is what the product was started with as SECRET_KEYS. */
export async function createCallers(url: string, secretKeys: string): Promise<Callers> {
  const vault = createVault(readConfig({ SECRET_KEYS: secretKeys }).SECRET_KEYS);
  const token = await mintAdminToken(vault, { orgId: 'demo', credentialVersion: 1, now: Date.now() });
  const post = async (path: string, body: object) => {
    const headers = { ...bearer(token), 'content-type': 'application/json' };
    return (await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  };
  const { key } = NewApiKey.parse(await post('/api-keys', { name: 'limited', tenants: ['agent-1'] }));
  const { agent } = AgentAnswer.parse(
    await post('/agents', { name: 'of the run', concurrency: 100, topics: ['#'] }),
  );
  const { secret } = Credentials.parse(await post(`/agents/${agent.id}/credentials/regenerate`, {}));
  const connected = ConnectAnswer.parse(await post(`/agents/${agent.id}/connect`, { secret }));
  await holdTool(url, token, 'get_system_health');
  const all = await forgeries(token);
  return {
    key: { 'x-api-key': KEY },
    admin: bearer(token),
    agent: { id: agent.id, secret, headers: bearer(connected.token) },
    limited: bearer(key),
    forged: (random) => random.pick(all),
  };
}
