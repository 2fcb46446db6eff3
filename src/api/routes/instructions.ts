import { type Audience, lockAgent, lockAudience, raiseConfigVersions } from '../../db/agents.js';
import type { Db } from '../../db/database.js';
import {
  deleteInstruction,
  getInstruction,
  type InstructionRow,
  insertInstruction,
  listInstructions,
  lockInstruction,
  updateInstruction,
} from '../../db/instructions.js';
import {
  InstructionAnswer,
  InstructionChange,
  InstructionFilter,
  InstructionPage,
  InstructionRequest,
} from '../../schemas/instruction.js';
import { Problem } from '../../schemas/problem.js';
import { assertMatch, revised } from '../etag.js';
import { instructionAnswers } from '../instruction-answer.js';
import { readPage } from '../page.js';
import { ApiProblem, invalid } from '../problem.js';
import { Reply, route } from '../route.js';
import type { Services } from '../services.js';

const tag = 'Instructions';
const unknownInstruction = () => new ApiProblem('not_found', 'there is no such instruction');

/** Who gets an instruction: of those of a context nobody knows in which one they connect next. */
const audienceOf = ({ agent_id: id }: Pick<InstructionRow, 'agent_id'>): Audience =>
  id === null ? { kind: 'everyone' } : { kind: 'agent', id };

async function answer(row: InstructionRow, services: Services) {
  const [instruction] = await instructionAnswers([row], row.org_id, services);
  if (!instruction) throw unknownInstruction();
  return { instruction };
}

/** Writes an instruction; a repeat of a request whose answer was lost finds the one that it wrote. */
async function create(
  request: InstructionRequest,
  id: string,
  orgId: string,
  tx: Db,
): Promise<InstructionRow> {
  const standing = await getInstruction(tx, orgId, id);
  if (standing) return standing;
  const { agentId = null, context = null } = request;
  if (agentId !== null && !(await lockAgent(tx, orgId, agentId)))
    throw invalid([{ path: 'agentId', message: 'is not the id of an agent' }]);
  const row = await insertInstruction(tx, { ...request, id, orgId, agentId, context });
  if (!row) throw unknownInstruction();
  if (row.status === 'active') await raiseConfigVersions(tx, orgId, audienceOf(row));
  return row;
}

const createRoute = route({
  method: 'post',
  path: '/instructions',
  callers: ['admin'],
  idempotent: true,
  etag: true,
  tag,
  summary: 'Give an instruction to all agents, to one, or to those that connect in a context',
  body: InstructionRequest,
  answers: { 201: InstructionAnswer, 422: Problem },
  async handle({ body, caller: { orgId }, idFor }, services) {
    const row = await services.database.db.transaction().execute((tx) => create(body, idFor(), orgId, tx));
    return revised(await answer(row, services), row, 201, { Location: `/instructions/${row.id}` });
  },
});

const listRoute = route({
  method: 'get',
  path: '/instructions',
  callers: ['key', 'admin'],
  orgWide: true,
  tag,
  summary: 'List instructions, the newest first',
  query: InstructionFilter,
  answers: { 200: InstructionPage },
  async handle({ query, caller: { orgId } }, services) {
    const { items: instructions, nextCursor } = await readPage(
      query,
      (limit, position) => listInstructions(services.db, orgId, { ...query, limit }, position),
      (rows) => instructionAnswers(rows, orgId, services),
    );
    return { instructions, nextCursor };
  },
});

const getRoute = route({
  method: 'get',
  path: '/instructions/:id',
  callers: ['key', 'admin'],
  orgWide: true,
  etag: true,
  tag,
  summary: 'An instruction, with what became of its variants',
  answers: { 200: InstructionAnswer, 404: Problem },
  async handle({ params, caller }, services) {
    const row = await getInstruction(services.db, caller.orgId, params.id);
    if (!row) throw unknownInstruction();
    return revised(await answer(row, services), row);
  },
});

interface Changing {
  params: { id: string };
  caller: { orgId: string };
  header: (name: string) => string;
}

/** Changes an instruction while it is locked, if it is the revision that was meant; those who get it are to read it. */
async function change<T extends InstructionRow | null>(
  { params: { id }, caller: { orgId }, header }: Changing,
  { database }: Services,
  write: (tx: Db, instruction: InstructionRow) => Promise<T>,
): Promise<T> {
  return database.db.transaction().execute(async (tx) => {
    const seen = await getInstruction(tx, orgId, id);
    // An agent's deletion locks it first and its instructions then: in another order they would wait for each other.
    if (seen) await lockAudience(tx, orgId, audienceOf(seen));
    const instruction = await lockInstruction(tx, orgId, id);
    if (!instruction) throw unknownInstruction();
    assertMatch(header, instruction);
    const written = await write(tx, instruction);
    const isGiven = instruction.status === 'active' || written?.status === 'active';
    if (isGiven) await raiseConfigVersions(tx, orgId, audienceOf(instruction));
    return written;
  });
}

const changeRoute = route({
  method: 'patch',
  path: '/instructions/:id',
  callers: ['admin'],
  etag: true,
  tag,
  summary: 'Change an instruction',
  description:
    'What is given replaces what stood, as a whole. An agent keeps the variant that it got, whatever becomes of the weights, until that variant is taken out.',
  body: InstructionChange,
  answers: { 200: InstructionAnswer, 404: Problem, 422: Problem },
  async handle(request, services) {
    const { name, systemPrompt, guidelines, variants, status } = request.body;
    const row = await change(request, services, (tx, instruction) =>
      updateInstruction(tx, instruction, {
        ...{ name, status, system_prompt: systemPrompt },
        guidelines: guidelines && JSON.stringify(guidelines),
        variants: variants && JSON.stringify(variants),
      }),
    );
    return revised(await answer(row, services), row);
  },
});

const deleteRoute = route({
  method: 'delete',
  path: '/instructions/:id',
  callers: ['admin'],
  etag: true,
  tag,
  summary: 'Delete an instruction',
  answers: { 204: { description: 'Deleted' }, 404: Problem },
  async handle(request, services) {
    await change(request, services, async (tx, instruction) => {
      await deleteInstruction(tx, instruction);
      return null;
    });
    return new Reply(204, null);
  },
});

export const instructionRoutes = [createRoute, listRoute, getRoute, changeRoute, deleteRoute];
