import { z } from 'zod';
import { type AgentRow, getAgent, listAgents } from '../../db/agents.js';
import { CycleRefused } from '../../engine/schedules.js';
import { InvalidInput } from '../../plugin/define-tool.js';
import { MOST_SCHEDULES } from '../../schedules/scheduling.js';
import { freeForm, Name } from '../../schemas/identity.js';
import { MethodName, Prompt } from '../../schemas/task.js';
import { type Assignment, prepareAssignment } from '../../tasks/prepare-task.js';
import { type BuiltinContext, defineBuiltin } from '../builtin.js';
import { idOfCall } from '../id-of-call.js';
import { readCron } from './cron.js';

/** What a schedule of the API has by default. */
const DEFAULTS = { delivery: JSON.stringify([{ channel: 'log' }]), metadata: '{}' };

/** The agent of that name, or the one that calls. */
async function agentOf(name: string | undefined, context: BuiltinContext): Promise<AgentRow> {
  const { database, orgId, agent } = context;
  const [row] =
    name === undefined
      ? [await getAgent(database.db, orgId, agent.id)]
      : await listAgents(database.db, orgId, { name, limit: 1 }, undefined);
  if (!row) throw new InvalidInput(`there is no agent "${name ?? agent.name}"`);
  return row;
}

/** Throws what is wrong with it now rather than at every run. */
function checked(agent: AgentRow, given: Assignment, { agents }: BuiltinContext): Assignment {
  const prepared = prepareAssignment({ agents }, agent, given);
  if (prepared.kind === 'ready') return prepared.assignment;
  const reasons = prepared.errors.map(({ path, message }) => `${path} ${message}`);
  throw new InvalidInput(reasons.join('; '));
}

export const scheduleTask = defineBuiltin({
  name: 'schedule_task',
  version: '1.0',
  category: 'scheduling',
  description:
    'Has an agent do something again and again, at the times of a cron expression: call one of its methods, or ' +
    'answer a prompt. Answers a schedule_id, with which cancel_scheduled_task ends it.',
  isRepeatable: true,
  schema: z
    .strictObject({
      cron: z
        .string()
        .trim()
        .min(9)
        .max(200)
        .describe('Minute, hour, day of month, month, day of week: 0 9 * * 1-5. Both days have to match'),
      timezone: z.string().trim().min(1).max(64).default('UTC').describe('Such as Europe/Madrid'),
      agent: Name.optional().describe('The name of the agent; by default the one that calls this'),
      method: MethodName.optional().describe('One of the methods of the agent'),
      input: freeForm(64).default({}).describe('Of the method'),
      prompt: Prompt.optional().describe('What the agent is asked, where no method is given'),
      name: Name.optional().describe('What people call it'),
    })
    .refine(({ method, prompt }) => method !== undefined || prompt !== undefined, {
      error: 'either method or prompt is needed',
    }),
  async execute(args, context) {
    const { scheduling, orgId, now } = context;
    const { cron, timezone, next } = readCron(args.cron, args.timezone, new Date(now()));
    const agent = await agentOf(args.agent, context);
    const given = { method: args.method ?? null, prompt: args.prompt ?? null, input: args.input };
    const { method, prompt, input } = checked(agent, given, context);
    const name = args.name ?? `${agent.name}: ${method ?? 'prompt'}`.slice(0, 200);
    const columns = { ...DEFAULTS, agent_id: agent.id, name, cron, timezone, method, prompt };
    const id = idOfCall(context);
    const created = scheduling.create({
      ...{ orgId, id, createdBy: context.callId, createdAt: new Date(now()) },
      columns: { ...columns, input: JSON.stringify(input) },
    });
    const made = await created.catch((error: unknown) => {
      if (error instanceof CycleRefused) throw new InvalidInput(`cron: ${error.message}`);
      throw new Error(`Temporal does not answer: the schedule ${id} stands, and begins when it does`, {
        cause: error,
      });
    });
    if (!made)
      throw new InvalidInput(
        `there are ${MOST_SCHEDULES.tools} schedules of tools already: cancel one first`,
      );
    return {
      ...{ schedule_id: made.id, name, agent: agent.name, cron, timezone },
      next_runs: next.map((at) => at.toISOString()),
    };
  },
});
