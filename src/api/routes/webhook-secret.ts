import { z } from 'zod';
import { findOrg, type OrgRow, rotateWebhookSecret } from '../../db/orgs.js';
import { Moment } from '../../schemas/identity.js';
import { Problem } from '../../schemas/problem.js';
import { generateWebhookSecret } from '../../secrets/webhook-secret.js';
import { ApiProblem } from '../problem.js';
import { route } from '../route.js';
import type { Services } from '../services.js';
import { OVERLAP_MS } from '../webhook-secret.js';

const tag = 'Deliveries';

const WebhookSecret = z
  .looseObject({
    secret: z.string().describe('Signs webhooks as Standard Webhooks say'),
    previousSecretUntil: Moment.nullable().describe('Until when the secret before signs as well'),
  })
  .meta({ id: 'WebhookSecret' });

function answer(org: OrgRow | undefined, { vault, clock }: Services): z.input<typeof WebhookSecret> {
  if (!org) throw new ApiProblem('not_found', 'there is no such organisation');
  const until = org.previous_secret_until;
  const isOverlapping = until !== null && until.getTime() > clock();
  return {
    secret: vault.open(org.webhook_secret),
    previousSecretUntil: isOverlapping ? until.toISOString() : null,
  };
}

const getRoute = route({
  method: 'get',
  path: '/webhook-secret',
  callers: ['key'],
  orgWide: true,
  summary: 'The secret that signs webhooks',
  tag,
  answers: { 200: WebhookSecret },
  async handle({ caller }, services) {
    return answer(await findOrg(services.db, caller.orgId), services);
  },
});

const rotateRoute = route({
  method: 'post',
  path: '/webhook-secret/rotate',
  callers: ['key'],
  orgWide: true,
  summary: 'A new secret; for 24 hours the old one signs as well',
  description:
    'Until those are over there is no further one: 409 says until when. So a repeat of a request whose answer was lost changes nothing; `GET /webhook-secret` has the secret that it made.',
  tag,
  answers: { 200: WebhookSecret, 409: Problem },
  async handle({ caller: { orgId } }, services) {
    const { db, vault, clock } = services;
    const secret = vault.seal(generateWebhookSecret());
    const now = new Date(clock());
    const previousUntil = new Date(now.getTime() + OVERLAP_MS);
    const { changed, row } = await rotateWebhookSecret(db, { orgId, secret, now, previousUntil });
    if (row && !changed) {
      const until = row.previous_secret_until?.toISOString();
      throw new ApiProblem('wrong_state', `the secret before the present one signs until ${until}`);
    }
    return answer(row, services);
  },
});

export const webhookSecretRoutes = [getRoute, rotateRoute];
