import { setTimeout as delay } from 'node:timers/promises';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as newId } from 'uuid';
import type { CreatedOrg } from '../../src/api/create-org.js';
import type { Agent } from '../../src/schemas/agent.js';
import { type Sent, startTestApi, type TestApi } from '../support/api.js';

interface Credentials {
  agentId: string;
  secret: string;
  envConfig: string;
  installScript: string;
}

let api: TestApi;
let org: CreatedOrg;
beforeAll(async () => {
  api = await startTestApi();
  org = await api.org();
});
afterAll(() => api.close());

async function anAgent(over: object = {}): Promise<string> {
  const body = { name: `agent ${newId()}`, ...over };
  const made = await api.send('/agents', { token: org.adminToken, body });
  return made.json<{ agent: Agent }>().agent.id;
}
const regenerate = (id: string, body: object = {}, sent: Sent = {}, at = api) =>
  at.send(`/agents/${id}/credentials/regenerate`, { token: org.adminToken, body, ...sent });
const secretOf = async (id: string, body: object = {}) =>
  (await regenerate(id, body)).json<Credentials>().secret;
const connect = (id: string, secret: string) => api.send(`/agents/${id}/connect`, { body: { secret } });
const tokenOf = async (id: string, secret: string) =>
  (await connect(id, secret)).json<{ token: string }>().token;
const config = async (id: string, token: string) =>
  (await api.send(`/agents/${id}/config`, { token })).status;
const eventsOf = async (id: string) => {
  const query = api.database.db.selectFrom('events').select(['type', 'data']).where('subject', '=', id);
  return (await query.orderBy('id').execute()).map(({ type, data }) => [type, data.reason]);
};

describe('new credentials', () => {
  test('are a secret and the files that it is handed over with', async () => {
    const settings = { claudeModel: 'haiku', discord: { token: 'd-secret', channelIds: ['1', '2'] } };
    const id = await anAgent({ settings, environment: { API_TOKEN: "it's" } });
    const answer = await regenerate(id);
    expect(answer.status).toBe(200);
    const { agentId, secret, envConfig, installScript } = answer.json<Credentials>();
    expect(agentId).toBe(id);
    expect(secret).toMatch(/^mas_[A-Za-z0-9_-]{43}$/);
    expect(parseEnv(envConfig)).toEqual({
      AIWM_ENABLED: 'true',
      AIWM_BASE_URL: api.url,
      AIWM_AGENT_ID: id,
      AIWM_AGENT_SECRET: secret,
      CLAUDE_MODEL: 'haiku',
      DISCORD_TOKEN: 'd-secret',
      DISCORD_CHANNEL_ID: '1,2',
      API_TOKEN: "it's",
    });
    expect(installScript).toContain(secret);
    expect(installScript.startsWith('#!/usr/bin/env bash\n')).toBe(true);
    expect((await connect(id, secret)).status).toBe(200);
  });

  test('end the secret before, its tokens and its session at once', async () => {
    const id = await anAgent();
    const first = await secretOf(id);
    const token = await tokenOf(id, first);
    expect(await config(id, token)).toBe(200);
    const second = await secretOf(id);
    expect((await connect(id, first)).status).toBe(401);
    await delay(100);
    expect(await config(id, token)).toBe(401);
    expect(await eventsOf(id)).toEqual(
      expect.arrayContaining([
        ['agent.credentials_regenerated', undefined],
        ['agent.disconnected', 'revoked'],
      ]),
    );
    expect((await connect(id, second)).status).toBe(200);
  });

  test('leave the one before its overlap: secret, tokens, session', async () => {
    const id = await anAgent();
    const first = await secretOf(id);
    const token = await tokenOf(id, first);
    const second = await secretOf(id, { overlap: '2s' });
    expect((await connect(id, second)).status).toBe(200);
    const late = await tokenOf(id, first);
    expect(await Promise.all([config(id, token), config(id, late)])).toEqual([200, 200]);
    expect(await eventsOf(id)).not.toContainEqual(['agent.disconnected', 'revoked']);
    await delay(2_100);
    expect((await connect(id, first)).status).toBe(401);
    expect(await Promise.all([config(id, token), config(id, late)])).toEqual([401, 401]);
    expect((await connect(id, second)).status).toBe(200);
  });

  test('are kept as a digest only, and told nowhere', async () => {
    const id = await anAgent();
    const secret = await secretOf(id, { overlap: '1h' });
    const later = await secretOf(id, { overlap: '1h' });
    const further = await api.send(`/agents/${id}/credentials/regenerate`, {
      token: org.adminToken,
      body: { overlap: '1h' },
    });
    expect(further.problem().code).toBe('wrong_state');
    const { db } = api.database;
    const kept = await Promise.all(
      (['agents', 'events', 'idempotency_keys', 'agent_sessions'] as const).map((table) =>
        db.selectFrom(table).selectAll().execute(),
      ),
    );
    for (const canary of [secret, later]) expect(JSON.stringify(kept)).not.toContain(canary);
  });

  test('are made anew by a repeat with the same Idempotency-Key', async () => {
    const id = await anAgent();
    const headers = { 'idempotency-key': 'once' };
    const [one, other] = [await regenerate(id, {}, { headers }), await regenerate(id, {}, { headers })];
    expect(other.json<Credentials>().secret).not.toBe(one.json<Credentials>().secret);
  });

  test('are the admin’s alone, and of its own organisation', async () => {
    const id = await anAgent();
    const secret = await secretOf(id);
    const [token, stranger] = [await tokenOf(id, secret), await api.org()];
    const path = `/agents/${id}/credentials/regenerate`;
    expect((await api.send(path, { key: org.key, body: {} })).status).toBe(403);
    expect((await api.send(path, { token, body: {} })).status).toBe(403);
    expect((await api.send(path, { token: stranger.adminToken, body: {} })).status).toBe(404);
    expect((await regenerate(newId())).status).toBe(404);
    expect((await regenerate(id, { overlap: '8d' })).status).toBe(422);
    expect((await connect(id, secret)).status).toBe(200);
  });
});

describe('the base URL in them', () => {
  const baseUrl = async (sent: Sent, at: TestApi) => {
    const answer = await regenerate(await anAgent(), {}, sent, at);
    return parseEnv(answer.json<Credentials>().envConfig).AIWM_BASE_URL;
  };
  const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'agents.example.com, inner' };

  test('is what the request was sent to, whatever a caller says was in front', async () => {
    expect(await baseUrl({ headers: forwarded }, api)).toBe(api.url);
  });

  test('is what trusted proxies say, unless that cannot be', async () => {
    const proxied = await startTestApi({ database: api.database, env: { TRUSTED_PROXIES: '1' } });
    try {
      expect(await baseUrl({ headers: forwarded }, proxied)).toBe('https://agents.example.com');
      expect(await baseUrl({}, proxied)).toBe(proxied.url);
      const hostile = { 'x-forwarded-proto': 'file', 'x-forwarded-host': "$(id)'" };
      expect(await baseUrl({ headers: hostile }, proxied)).toBe(`http://localhost:${proxied.api.port}`);
    } finally {
      await proxied.close();
    }
  });

  test('is PUBLIC_URL where that is set', async () => {
    const env = { PUBLIC_URL: 'https://example.com/mainspring/', TRUSTED_PROXIES: '1' };
    const named = await startTestApi({ database: api.database, env });
    try {
      expect(await baseUrl({ headers: forwarded }, named)).toBe('https://example.com/mainspring');
    } finally {
      await named.close();
    }
  });
});
