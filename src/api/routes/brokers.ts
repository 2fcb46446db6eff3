import { addBroker, faultOfEndpoint, MOST_BROKERS } from '../../brokers/add-broker.js';
import { type Changed, changeBroker } from '../../brokers/change-broker.js';
import { kindOf } from '../../brokers/endpoint.js';
import { agentsOfBrokers } from '../../db/broker-bindings.js';
import { type BrokerRow, deleteBroker, getBroker, listBrokers, lockBroker } from '../../db/brokers.js';
import type { Db } from '../../db/database.js';
import { appendEvents } from '../../db/events.js';
import { notify } from '../../db/notify.js';
import {
  BrokerAnswer,
  BrokerChange,
  type BrokerKind,
  BrokerList,
  BrokerRequest,
} from '../../schemas/broker.js';
import { Problem } from '../../schemas/problem.js';
import { brokerAnswer } from '../broker-answer.js';
import { ApiProblem, invalid } from '../problem.js';
import { Reply, route } from '../route.js';
import type { Services } from '../services.js';

const tag = 'Brokers';

const unknownBroker = () => new ApiProblem('not_found', 'there is no such broker');

/** Throws for endpoints that cannot be, or are not all of one kind. */
function kindOfRequest({ kind: asked, endpoints, config }: BrokerRequest, { guard }: Services): BrokerKind {
  const [first = ''] = endpoints;
  const kind = asked ?? kindOf(first);
  const errors = endpoints.flatMap((endpoint, index) => {
    const path = `endpoints.${index}`;
    const fault = faultOfEndpoint(endpoint, { guard });
    if (fault !== null) return [{ path, message: fault }];
    return kindOf(endpoint) === kind ? [] : [{ path, message: `is not an endpoint of kind ${kind}` }];
  });
  if (kind === 'nats' && config.exchange.includes('.'))
    errors.push({ path: 'config.exchange', message: 'has no dots where it names a stream' });
  if (errors.length > 0) throw invalid(errors);
  return kind;
}

/** Writes a broker; a repeat of a request whose answer was lost finds the one that it wrote. */
async function create(
  request: BrokerRequest & { kind: BrokerKind },
  ref: { orgId: string; brokerId: string },
  { database, vault }: Services,
): Promise<BrokerRow> {
  return database.db.transaction().execute(async (tx) => {
    const standing = await getBroker(tx, ref);
    if (standing) return standing;
    if ((await listBrokers(tx, ref.orgId)).length >= MOST_BROKERS)
      throw new ApiProblem('wrong_state', `an organisation has at most ${MOST_BROKERS} brokers`);
    const row = await addBroker(tx, { orgId: ref.orgId, id: ref.brokerId, request }, { vault });
    if (!row) throw new ApiProblem('name_taken', 'another broker has this name');
    return row;
  });
}

const createRoute = route({
  method: 'post',
  path: '/brokers',
  callers: ['admin'],
  idempotent: true,
  tag,
  summary: 'Name a broker outside, which agents may use',
  description:
    'It is connected to as soon as may be, and for ever after: one that cannot be reached is created, and `unreachable` until it can be. Credentials in endpoints are kept encrypted and never shown.',
  body: BrokerRequest,
  answers: { 201: BrokerAnswer, 409: Problem, 422: Problem },
  async handle({ body, caller: { orgId }, idFor }, services) {
    const request = { ...body, kind: kindOfRequest(body, services) };
    const ref = { orgId, brokerId: idFor() };
    const row = await create(request, ref, services);
    await tellBroker(ref, services);
    return new Reply(201, { broker: brokerAnswer(row, [], services) }, { Location: `/brokers/${row.id}` });
  },
});

/** The sweep tells it as well. */
async function tellBroker(
  ref: { orgId: string; brokerId: string },
  { starter, log }: Services,
): Promise<void> {
  await starter
    .tellBroker(ref)
    .catch((error: unknown) => log.warn({ org: ref.orgId, error }, 'A broker was not told of its change'));
}

const listRoute = route({
  method: 'get',
  path: '/brokers',
  callers: ['key', 'admin'],
  orgWide: true,
  tag,
  summary: 'List brokers, the oldest first',
  answers: { 200: BrokerList },
  async handle({ caller: { orgId } }, services) {
    const rows = await listBrokers(services.db, orgId);
    const agents = await agentsOfBrokers(services.db, orgId);
    return { brokers: rows.map((row) => brokerAnswer(row, agents, services)) };
  },
});

const getRoute = route({
  method: 'get',
  path: '/brokers/:id',
  callers: ['key', 'admin'],
  orgWide: true,
  tag,
  summary: 'A broker',
  answers: { 200: BrokerAnswer, 404: Problem },
  async handle({ params, caller: { orgId } }, services) {
    const row = await getBroker(services.db, { orgId, brokerId: params.id });
    if (!row) throw unknownBroker();
    return { broker: brokerAnswer(row, await agentsOfBrokers(services.db, orgId), services) };
  },
});

const changeRoute = route({
  method: 'patch',
  path: '/brokers/:id',
  callers: ['admin'],
  tag,
  summary: 'Change how a broker is reached',
  description:
    'Its endpoints, with their credentials, and its limits. It is connected to anew, within 30 seconds; its queues stay what they are.',
  body: BrokerChange,
  answers: { 200: BrokerAnswer, 404: Problem, 422: Problem },
  async handle({ body, params, caller: { orgId } }, services) {
    const ref = { orgId, brokerId: params.id };
    const changed = await services.database.db
      .transaction()
      .execute(async (tx) => changedOr(await changeBroker(tx, ref, body, services)));
    await tellBroker(ref, services);
    return { broker: brokerAnswer(changed, await agentsOfBrokers(services.db, orgId), services) };
  },
});

/** Throws where nothing is to be changed: what was written before is taken back. */
function changedOr(changed: Changed): BrokerRow {
  if (changed.kind === 'unknown') throw unknownBroker();
  if (changed.kind === 'refused') throw invalid(changed.errors);
  return changed.row;
}

async function remove(tx: Db, ref: { orgId: string; brokerId: string }): Promise<void> {
  const row = await lockBroker(tx, ref);
  if (!row) throw unknownBroker();
  const agents = (await agentsOfBrokers(tx, ref.orgId)).filter((agent) => agent.broker_id === row.id);
  const names = agents.slice(0, 5).map(({ name }) => name);
  if (agents.length > 0)
    throw new ApiProblem('wrong_state', `${agents.length} agents use this broker: ${names.join(', ')}`);
  await deleteBroker(tx, row.id);
  const data = { name: row.name, kind: row.kind };
  await appendEvents(tx, [{ orgId: ref.orgId, type: 'broker.deleted', subject: row.id, data }]);
  await notify(tx, 'brokers', ref.orgId);
}

const deleteRoute = route({
  method: 'delete',
  path: '/brokers/:id',
  callers: ['admin'],
  tag,
  summary: 'Forget a broker',
  description: 'Not while agents use it. What is in its queues stays there.',
  answers: { 204: { description: 'Forgotten' }, 404: Problem, 409: Problem },
  async handle({ params, caller: { orgId } }, services) {
    const ref = { orgId, brokerId: params.id };
    await services.database.db.transaction().execute((tx) => remove(tx, ref));
    await tellBroker(ref, services);
    return new Reply(204, null);
  },
});

export const brokerRoutes = [createRoute, listRoute, getRoute, changeRoute, deleteRoute];
