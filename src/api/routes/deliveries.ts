import { z } from 'zod';
import { type DeliveryRow, getDelivery, listDeliveries } from '../../db/deliveries.js';
import { receiversOfDead, redeliver, redeliverDead } from '../../db/redeliveries.js';
import { BulkRedelivery, DeliveryAnswer, DeliveryFilter, DeliveryPage } from '../../schemas/delivery.js';
import { Problem } from '../../schemas/problem.js';
import type { Caller } from '../caller.js';
import { deliveryAnswer, deliverySummary } from '../delivery-answer.js';
import { decodeCursor, pageOf } from '../page.js';
import { ApiProblem } from '../problem.js';
import { route } from '../route.js';
import type { Services } from '../services.js';

const tag = 'Deliveries';
const unknown = () => new ApiProblem('not_found', 'there is no such delivery');

async function find({ db }: Services, caller: Caller, id: string): Promise<DeliveryRow> {
  const row = await getDelivery(db, caller, id);
  if (!row) throw unknown();
  return row;
}

const listRoute = route({
  method: 'get',
  path: '/deliveries',
  callers: ['key'],
  summary: 'List deliveries, the newest first',
  tag,
  query: DeliveryFilter,
  answers: { 200: DeliveryPage },
  async handle({ query: { cursor, ...filter }, caller }, { db }) {
    const { limit } = filter;
    const rows = await listDeliveries(db, caller, { ...filter, limit: limit + 1 }, decodeCursor(cursor));
    const { page, nextCursor } = pageOf(rows, limit);
    return { deliveries: page.map(deliverySummary), nextCursor };
  },
});

const getRoute = route({
  method: 'get',
  path: '/deliveries/:id',
  callers: ['key'],
  summary: 'A delivery with every attempt',
  tag,
  answers: { 200: DeliveryAnswer, 404: Problem },
  async handle({ params, caller }, services) {
    return { delivery: deliveryAnswer(await find(services, caller, params.id), services) };
  },
});

const redeliverRoute = route({
  method: 'post',
  path: '/deliveries/:id/redeliver',
  callers: ['key'],
  summary: 'Send a delivery that has ended once more',
  description: 'Under the same `webhook-id`, with the same body. One that has not ended is 409.',
  tag,
  answers: { 200: DeliveryAnswer, 404: Problem, 409: Problem },
  async handle({ params, caller }, services) {
    const { db, starter, clock } = services;
    const endpoint = { orgId: caller.orgId, receiver: (await find(services, caller, params.id)).receiver };
    await starter.ensureEndpoint(endpoint);
    const { changed, row } = await redeliver(db, caller, params.id, clock());
    if (!row) throw unknown();
    if (!changed)
      throw new ApiProblem('wrong_state', 'the delivery has not ended: it will be tried again by itself');
    starter.wakeEndpoint(endpoint);
    return { delivery: deliveryAnswer(row, services) };
  },
});

const redeliverDeadRoute = route({
  method: 'post',
  path: '/deliveries/redeliver',
  callers: ['key'],
  summary: 'Send all deliveries once more that died since a moment',
  tag,
  body: BulkRedelivery,
  answers: { 200: z.looseObject({ redelivered: z.int() }) },
  async handle({ body: { since }, caller }, { db, starter, clock }) {
    const receivers = await receiversOfDead(db, caller, since);
    const endpoints = receivers.map((receiver) => ({ orgId: caller.orgId, receiver }));
    for (const endpoint of endpoints) await starter.ensureEndpoint(endpoint);
    const redelivered = await redeliverDead(db, caller, { since, receivers }, clock());
    for (const endpoint of endpoints) starter.wakeEndpoint(endpoint);
    return { redelivered };
  },
});

export const deliveryRoutes = [listRoute, getRoute, redeliverRoute, redeliverDeadRoute];
