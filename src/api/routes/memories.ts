import type { z } from 'zod';
import {
  deleteMemories,
  deleteMemory,
  getMemory,
  listMemories,
  type MemoryPlace,
  type MemoryRow,
  setMemory,
} from '../../db/memories.js';
import {
  MEMORY_LIMITS,
  MemoriesForgotten,
  type Memory,
  MemoryAnswer,
  MemoryFilter,
  MemoryKey,
  MemoryPage,
  MemoryRequest,
  MemoryScope,
} from '../../schemas/memory.js';
import { Problem } from '../../schemas/problem.js';
import type { Caller } from '../caller.js';
import { findOwnAgent } from '../change-agent.js';
import { readPage } from '../page.js';
import { ApiProblem, invalid } from '../problem.js';
import { Reply, route } from '../route.js';
import type { Services } from '../services.js';

const common = { callers: ['key', 'admin'], orgWide: true, tag: 'Memory' } as const;
const PATH = '/agents/:id/memories';
const ENTRY_PATH = '/agents/:id/memories/:key';

const answer = (row: MemoryRow): z.input<typeof Memory> => ({
  key: row.key,
  sessionId: row.session_id === '' ? null : row.session_id,
  value: row.value,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
});

const unknownMemory = () => new ApiProblem('not_found', 'there is no such memory');

interface EntryRequest {
  params: { id: string; key: string };
  query: { sessionId?: string | undefined };
  caller: Caller;
}

/** Which entry a request is about, of an agent of the organisation. */
async function placeOf(
  { params, query, caller: { orgId } }: EntryRequest,
  services: Services,
): Promise<MemoryPlace> {
  const { id: agentId } = await findOwnAgent(services, orgId, params.id);
  return { orgId, agentId, sessionId: query.sessionId ?? null, key: params.key };
}

const listRoute = route({
  ...common,
  method: 'get',
  path: PATH,
  summary: 'What an agent remembers, the newest first',
  description: 'Of one session, or of all and of none.',
  query: MemoryFilter,
  answers: { 200: MemoryPage, 404: Problem },
  async handle({ params, query, caller: { orgId } }, services) {
    const { id: agentId } = await findOwnAgent(services, orgId, params.id);
    const scope = { orgId, agentId, sessionId: query.sessionId };
    const { items: memories, nextCursor } = await readPage(
      query,
      (limit, position) => listMemories(services.db, scope, { limit, position }),
      (rows) => rows.map(answer),
    );
    return { memories, nextCursor };
  },
});

const getRoute = route({
  ...common,
  method: 'get',
  path: ENTRY_PATH,
  summary: 'Something that an agent remembers',
  description: 'Of a session, or of none.',
  query: MemoryScope,
  answers: { 200: MemoryAnswer, 404: Problem },
  async handle(request, services) {
    const row = await getMemory(services.db, await placeOf(request, services));
    if (!row) throw unknownMemory();
    return { memory: answer(row) };
  },
});

const putRoute = route({
  ...common,
  method: 'put',
  path: ENTRY_PATH,
  summary: 'Have an agent remember something',
  description: `Over what stood there. At most ${MEMORY_LIMITS.perSession} entries of a session (and of none), ${MEMORY_LIMITS.perAgent} of an agent.`,
  query: MemoryScope,
  body: MemoryRequest,
  answers: { 200: MemoryAnswer, 404: Problem, 409: Problem, 413: Problem, 422: Problem },
  async handle(request, services) {
    const { params, body } = request;
    const key = MemoryKey.safeParse(params.key);
    if (!key.success) throw invalid(key.error.issues.map(({ message }) => ({ path: 'key', message })));
    const place = await placeOf(request, services);
    const row = await setMemory(services.db, place, body.value, MEMORY_LIMITS);
    if (!row)
      throw new ApiProblem('wrong_state', 'the agent remembers as much as it may: forget something first');
    return { memory: answer(row) };
  },
});

const deleteRoute = route({
  ...common,
  method: 'delete',
  path: ENTRY_PATH,
  summary: 'Have an agent forget something',
  query: MemoryScope,
  answers: { 204: { description: 'Forgotten' }, 404: Problem },
  async handle(request, services) {
    const wasThere = await deleteMemory(services.db, await placeOf(request, services));
    if (!wasThere) throw unknownMemory();
    return new Reply(204, null);
  },
});

const deleteAllRoute = route({
  ...common,
  method: 'delete',
  path: PATH,
  summary: 'Have an agent forget a whole session, or everything',
  query: MemoryScope,
  answers: { 200: MemoriesForgotten, 404: Problem },
  async handle({ params, query: { sessionId }, caller: { orgId } }, services) {
    const { id: agentId } = await findOwnAgent(services, orgId, params.id);
    return { deleted: await deleteMemories(services.db, { orgId, agentId, sessionId }) };
  },
});

export const memoryRoutes = [listRoute, getRoute, putRoute, deleteRoute, deleteAllRoute];
