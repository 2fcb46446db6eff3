import type { z } from 'zod';
import {
  createSubscription,
  deleteSubscription,
  listSubscriptions,
  type SubscriptionRow,
} from '../../db/subscriptions.js';
import { hasSecrets, shownUrl } from '../../domain/url-secrets.js';
import { leadsInwards } from '../../outbound/guard.js';
import {
  type Subscription,
  SubscriptionAnswer,
  SubscriptionList,
  SubscriptionRequest,
} from '../../schemas/event.js';
import { Problem } from '../../schemas/problem.js';
import { ApiProblem, invalid } from '../problem.js';
import { Reply, route } from '../route.js';
import type { Services } from '../services.js';

const tag = 'Events';
/** Each event writes a delivery for each of them that matches, in its own transaction. */
const MOST = 100;

const answer = (row: SubscriptionRow, { vault }: Services): z.input<typeof Subscription> => ({
  id: row.id,
  url: shownUrl(row.url, vault),
  types: row.types,
  createdAt: row.created_at.toISOString(),
});

const createRoute = route({
  method: 'post',
  path: '/subscriptions',
  callers: ['key'],
  idempotent: true,
  orgWide: true,
  summary: 'Have events sent to a URL',
  description: `Each event is one signed webhook, delivered as those of timers are. At most ${MOST} of an organisation.`,
  tag,
  body: SubscriptionRequest,
  answers: { 201: SubscriptionAnswer, 409: Problem },
  async handle({ body: { url, types }, caller, idFor }, services) {
    const { db, vault, guard } = services;
    if (leadsInwards(url, guard))
      throw invalid([{ path: 'url', message: 'leads to an address that is not allowed' }]);
    const { length } = await listSubscriptions(db, caller.orgId);
    if (length >= MOST)
      throw new ApiProblem('wrong_state', `an organisation has at most ${MOST} subscriptions`);
    const row = await createSubscription(db, {
      id: idFor(),
      orgId: caller.orgId,
      url: hasSecrets(url) ? vault.seal(url) : url,
      receiver: new URL(url).origin,
      types,
    });
    return { subscription: answer(row, services) };
  },
});

const listRoute = route({
  method: 'get',
  path: '/subscriptions',
  callers: ['key'],
  orgWide: true,
  summary: 'List event subscriptions',
  tag,
  answers: { 200: SubscriptionList },
  async handle({ caller }, services) {
    const rows = await listSubscriptions(services.db, caller.orgId);
    return { subscriptions: rows.map((row) => answer(row, services)) };
  },
});

const deleteRoute = route({
  method: 'delete',
  path: '/subscriptions/:id',
  callers: ['key'],
  orgWide: true,
  summary: 'End an event subscription',
  tag,
  answers: { 204: { description: 'Ended; what it made already is still delivered' }, 404: Problem },
  async handle({ params, caller }, { db }) {
    const wasThere = await deleteSubscription(db, { orgId: caller.orgId, id: params.id });
    if (!wasThere) throw new ApiProblem('not_found', 'there is no such subscription');
    return new Reply(204, null);
  },
});

export const subscriptionRoutes = [createRoute, listRoute, deleteRoute];
