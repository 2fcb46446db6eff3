import { eventOf } from '../../agents/connections.js';
import { raiseConfigVersions, withdrawTool } from '../../db/agents.js';
import type { Db } from '../../db/database.js';
import { appendEvents } from '../../db/events.js';
import {
  deleteTool,
  getTool,
  insertTool,
  listTools,
  lockTool,
  type ToolColumns,
  type ToolRow,
  updateTool,
} from '../../db/tools.js';
import { Problem } from '../../schemas/problem.js';
import { type Tool, ToolAnswer, ToolChange, ToolFilter, ToolPage, ToolRequest } from '../../schemas/tool.js';
import { checkTool } from '../check-tool.js';
import { assertMatch, revised } from '../etag.js';
import { readPage } from '../page.js';
import { ApiProblem } from '../problem.js';
import { Reply, route } from '../route.js';
import type { Services } from '../services.js';
import { sealSettings, shownSettings } from '../settings.js';

const tag = 'Tools';
const unknownTool = () => new ApiProblem('not_found', 'there is no such tool');

const answer = (row: ToolRow, { vault }: Services): Tool => ({
  id: row.id,
  name: row.name,
  version: row.version,
  description: row.description,
  category: row.category,
  schema: row.schema,
  status: row.status,
  kind: row.kind,
  config: shownSettings(row.config, vault),
  requiresApproval: row.requires_approval,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
});

async function lock(tx: Db, orgId: string, id: string, header: (name: string) => string): Promise<ToolRow> {
  const tool = await lockTool(tx, orgId, id);
  if (!tool) throw unknownTool();
  assertMatch(header, tool);
  return tool;
}

const createRoute = route({
  method: 'post',
  path: '/tools',
  callers: ['admin'],
  idempotent: true,
  etag: true,
  tag,
  summary: 'Register a tool',
  description: 'Agents that have its name in `tools` are given it while it is active.',
  body: ToolRequest,
  answers: { 201: ToolAnswer, 409: Problem, 422: Problem },
  async handle({ body, caller: { orgId }, idFor }, services) {
    const { db, vault, guard } = services;
    const config = sealSettings(body.config, { name: 'config', vault });
    checkTool(body, guard);
    const id = idFor();
    const made = await insertTool(db, { ...body, id, orgId, category: body.category ?? null, config });
    // A repeat of a request whose answer was lost finds the one that it wrote.
    const row = made ?? (await getTool(db, orgId, id));
    if (!row) throw new ApiProblem('name_taken', 'another tool has this name');
    return revised({ tool: answer(row, services) }, row, 201, { Location: `/tools/${row.id}` });
  },
});

const listRoute = route({
  method: 'get',
  path: '/tools',
  callers: ['key', 'admin'],
  orgWide: true,
  tag,
  summary: 'List tools, the newest first',
  query: ToolFilter,
  answers: { 200: ToolPage },
  async handle({ query, caller: { orgId } }, services) {
    const { items: tools, nextCursor } = await readPage(
      query,
      (limit, position) => listTools(services.db, orgId, { ...query, limit }, position),
      (rows) => rows.map((row) => answer(row, services)),
    );
    return { tools, nextCursor };
  },
});

const getRoute = route({
  method: 'get',
  path: '/tools/:id',
  callers: ['key', 'admin'],
  orgWide: true,
  etag: true,
  tag,
  summary: 'A tool',
  answers: { 200: ToolAnswer, 404: Problem },
  async handle({ params, caller }, services) {
    const row = await getTool(services.db, caller.orgId, params.id);
    if (!row) throw unknownTool();
    return revised({ tool: answer(row, services) }, row);
  },
});

/** What a change writes of a tool's row; what it does not name stays. */
function columnsOf(change: ToolChange, tool: ToolRow, { vault, guard }: Services): ToolColumns {
  const { schema, requiresApproval, version, description, category, status, kind } = change;
  const config = change.config && sealSettings(change.config, { name: 'config', stored: tool.config, vault });
  if (kind || schema || config) {
    const whole = JSON.parse(vault.open(config ?? tool.config));
    checkTool({ kind: kind ?? tool.kind, schema: schema ?? tool.schema, config: whole }, guard);
  }
  return {
    ...{ version, description, category, status, kind, config },
    schema: schema && JSON.stringify(schema),
    requires_approval: requiresApproval,
  };
}

const changeRoute = route({
  method: 'patch',
  path: '/tools/:id',
  callers: ['admin'],
  etag: true,
  tag,
  summary: 'Change a tool',
  description:
    'What is given replaces what stood, as a whole; `***` in `config` keeps a secret. Agents that are given it learn of it with their next heartbeat; one made inactive is given to nobody.',
  body: ToolChange,
  answers: { 200: ToolAnswer, 404: Problem, 422: Problem },
  async handle({ params, body, caller: { orgId }, header }, services) {
    const row = await services.database.db.transaction().execute(async (tx) => {
      const tool = await lock(tx, orgId, params.id, header);
      const changed = await updateTool(tx, tool, columnsOf(body, tool, services));
      const isGiven = tool.status === 'active' || changed.status === 'active';
      if (isGiven) await raiseConfigVersions(tx, orgId, { kind: 'tool', name: tool.name });
      return changed;
    });
    return revised({ tool: answer(row, services) }, row);
  },
});

const deleteRoute = route({
  method: 'delete',
  path: '/tools/:id',
  callers: ['admin'],
  etag: true,
  tag,
  summary: 'Delete a tool; it is taken off the list of every agent',
  answers: { 204: { description: 'Deleted' }, 404: Problem },
  async handle({ params, caller: { orgId }, header }, { database, clock }) {
    await database.db.transaction().execute(async (tx) => {
      const tool = await lock(tx, orgId, params.id, header);
      await deleteTool(tx, tool);
      const agents = await withdrawTool(tx, orgId, tool.name);
      const at = new Date(clock());
      const told = agents.map((agent) =>
        eventOf({ ...agent, org_id: orgId }, 'agent.updated', { fields: ['tools'] }, at),
      );
      await appendEvents(tx, told);
    });
    return new Reply(204, null);
  },
});

export const toolRoutes = [createRoute, listRoute, getRoute, changeRoute, deleteRoute];
