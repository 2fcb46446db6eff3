import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import { readConfig } from '../../src/config.js';
import type { Database } from '../../src/db/database.js';
import { createSchedules } from '../../src/engine/schedules.js';
import { createStarter } from '../../src/engine/starter.js';
import type { GuardedFetch } from '../../src/outbound/guarded-fetch.js';
import { createScheduling } from '../../src/schedules/scheduling.js';
import type { BuiltinContext, BuiltinTool } from '../../src/tools/builtin.js';
import { anAgent } from './agents.js';
import { silentLog } from './databases.js';
import { newVault } from './vault.js';

const vault = newVault();
const unexpected = async () => {
  throw new Error('the test expects no such call');
};

const unreached: GuardedFetch = Object.assign(unexpected, { close: async () => undefined });

/** What a tool is given that an agent of an organisation of its own calls. */
export async function toolContext(
  database: Database,
  over: Partial<BuiltinContext> = {},
): Promise<BuiltinContext> {
  const orgId = over.orgId ?? `org-${randomUUID()}`;
  const agent = await anAgent(database, { orgId, type: 'TEST' });
  const taskId = randomUUID();
  // Connects when it is first used.
  const client = over.client ?? new Client();
  const schedules = createSchedules(client);
  return {
    ...{ orgId, taskId, callId: `${taskId}.execute.0`, userId: null, sessionId: null },
    agent: { id: agent.id, name: agent.name, type: agent.type },
    signal: new AbortController().signal,
    ...{ database, client, log: silentLog, agents: [], now: Date.now },
    scheduling: createScheduling({ database, schedules, log: silentLog }),
    starter: createStarter({ client, log: silentLog, temporalUiUrl: 'http://localhost' }),
    config: readConfig({ NODE_ENV: 'test' }),
    ...{ askModel: unexpected, callTool: unexpected, vault, sign: async () => ({}) },
    fetch: unreached,
    download: unreached,
    ...over,
  };
}

type Answer = Record<string, unknown>;

/** Calls a tool as the workers do: arguments are parsed first. */
export async function callOf<A = Answer>(
  tool: BuiltinTool,
  args: object,
  context: BuiltinContext,
): Promise<A> {
  const answer = await tool.execute(tool.input.parse(args), context);
  // What a tool answers is written as JSON.
  return JSON.parse(JSON.stringify(answer));
}

/** The context of another call of the same task. */
export const nextCall = (context: BuiltinContext): BuiltinContext => ({
  ...context,
  callId: `${context.taskId}.execute.${randomUUID()}`,
});
