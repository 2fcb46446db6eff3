import { z } from 'zod';
import type { CreatedOrg } from '../../src/api/create-org.js';
import type { AgentRow } from '../../src/db/agents.js';
import { beginTask, type TaskRow } from '../../src/db/tasks.js';
import { defineAgent, defineMethod } from '../../src/plugin/define-agent.js';
import type { Context } from '../../src/process/context.js';
import { createTasks, type Tasks } from '../../src/tasks/tasks.js';
import { anAgent } from './agents.js';
import { openTestContext, serveTestApi, type TestApi } from './api.js';

/** An agent with code: it can be asked for a survey of a category. */
const surveyor = defineAgent({
  name: 'Surveyor',
  type: 'SURVEY',
  description: 'Surveys markets',
  methods: {
    survey: defineMethod({
      description: 'Surveys a category',
      input: z.strictObject({
        category: z.string().min(1),
        area: z.strictObject({ miles: z.number() }).optional(),
      }),
      run: ({ category }) => category,
    }),
  },
});

/** The API with that agent's code, and no worker: tasks stay as a test leaves them. */
export interface TaskApi extends TestApi {
  context: Context;
  tasks: Tasks;
  /** An agent of the organisation that runs the surveyor's code. */
  surveyor(org: Pick<CreatedOrg, 'orgId'>, over?: Partial<AgentRow>): Promise<AgentRow>;
  /** As a worker would. */
  begin(task: Pick<TaskRow, 'org_id' | 'id'>): Promise<TaskRow>;
}

export async function startTaskApi(env: Record<string, string> = {}): Promise<TaskApi> {
  const opened = await openTestContext({ env });
  const context: Context = {
    ...opened,
    catalogue: { agents: [surveyor], tools: new Map(), handlers: new Map() },
  };
  const { database, starter, vault, config } = context;
  const api = await serveTestApi(context, {});
  return {
    ...api,
    context,
    tasks: createTasks({ database, starter, vault, config }),
    surveyor: ({ orgId }, over = {}) =>
      anAgent(database, {
        ...{ orgId, type: 'SURVEY', definition: 'Surveyor', lifecycle: 'running' as const },
        environment: vault.seal('{}'),
        settings: vault.seal('{}'),
        ...over,
      }),
    async begin({ org_id: orgId, id }) {
      const begun = await beginTask(database.db, { orgId, id }, new Date());
      if (!begun) throw new Error('the task has ended');
      return begun;
    },
  };
}
