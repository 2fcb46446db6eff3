import type { z } from 'zod';
import { type ApiKeyRow, listApiKeys, revokeApiKey } from '../../db/api-keys.js';
import { type ApiKey, ApiKeyList, ApiKeyRequest, NewApiKey } from '../../schemas/api-key.js';
import { Problem } from '../../schemas/problem.js';
import { issueKey } from '../issue-key.js';
import { ApiProblem } from '../problem.js';
import { Reply, route } from '../route.js';

const tag = 'API keys';

const answer = (row: ApiKeyRow): z.input<typeof ApiKey> => ({
  id: row.id,
  name: row.name,
  prefix: row.prefix,
  tier: row.tier,
  tenants: row.tenants,
  createdAt: row.created_at.toISOString(),
});

const createRoute = route({
  method: 'post',
  path: '/api-keys',
  callers: ['admin'],
  summary: 'Make an API key; it is shown this once',
  description: 'Takes no Idempotency-Key: what is shown once is not kept to be shown again.',
  tag,
  body: ApiKeyRequest,
  answers: { 201: NewApiKey },
  async handle({ body, caller, idFor }, { db, vault }) {
    const { name, tier = caller.tier, tenants = null } = body;
    const { row, key } = await issueKey(
      { db, vault },
      { id: idFor(), orgId: caller.orgId, name, tier, tenants },
    );
    return { apiKey: answer(row), key };
  },
});

const listRoute = route({
  method: 'get',
  path: '/api-keys',
  callers: ['admin'],
  summary: 'List the API keys that work',
  tag,
  answers: { 200: ApiKeyList },
  async handle({ caller }, { db }) {
    return { apiKeys: (await listApiKeys(db, caller.orgId)).map(answer) };
  },
});

const revokeRoute = route({
  method: 'delete',
  path: '/api-keys/:id',
  callers: ['admin'],
  summary: 'Revoke an API key: within a second it is refused everywhere',
  tag,
  answers: { 204: { description: 'Revoked' }, 404: Problem },
  async handle({ params, caller }, { db }) {
    const wasThere = await revokeApiKey(db, { orgId: caller.orgId, id: params.id });
    if (!wasThere) throw new ApiProblem('not_found', 'there is no such API key');
    return new Reply(204, null);
  },
});

export const apiKeyRoutes = [createRoute, listRoute, revokeRoute];
