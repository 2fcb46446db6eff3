import type { CreatedOrg } from '../../src/api/create-org.js';
import { temporalScheduleId } from '../../src/messages/task.js';
import type { Schedule, SchedulePreview } from '../../src/schemas/schedule.js';
import type { Answer } from './api.js';
import { startTaskApi, type TaskApi } from './task-api.js';

/** The API without workers, an organisation, and an agent of it that schedules are for. */
export interface ScheduleApi {
  api: TaskApi;
  org: CreatedOrg;
  agent: string;
  send(path: string, body?: unknown, method?: string): Promise<Answer>;
  /** What asks for a schedule, every hour where it is not said otherwise. */
  wish(over?: object): Record<string, unknown>;
  made(over?: object): Promise<Schedule>;
  handleOf(schedule: Schedule): ReturnType<TaskApi['context']['client']['schedule']['getHandle']>;
  nextOf(path: string): Promise<string[]>;
}

export async function startScheduleApi(): Promise<ScheduleApi> {
  const api = await startTaskApi();
  const org = await api.org();
  const agent = (await api.surveyor(org)).name;
  const send = (path: string, body?: unknown, method?: string) =>
    api.send(path, {
      key: org.key,
      ...(body === undefined ? {} : { body }),
      ...(method ? { method } : {}),
    });
  const wish = (over: object = {}) => ({ agent_name: agent, interval_seconds: 3_600, ...over });
  return {
    ...{ api, org, agent, send, wish },
    async made(over) {
      const answer = await send('/schedules', wish(over));
      if (answer.status !== 201) throw new Error(answer.text);
      return answer.json<{ schedule: Schedule }>().schedule;
    },
    handleOf: ({ id }) =>
      api.context.client.schedule.getHandle(temporalScheduleId({ orgId: org.orgId, scheduleId: id })),
    nextOf: async (path) => (await send(path)).json<SchedulePreview>().next_runs,
  };
}
