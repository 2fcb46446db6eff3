import { getSchedule, type ScheduleRow } from '../db/schedules.js';
import { CycleRefused } from '../engine/schedules.js';
import type { ScheduleEdit } from '../schedules/scheduling.js';
import type { Caller } from './caller.js';
import { assertMatch } from './etag.js';
import { ApiProblem, invalid } from './problem.js';
import type { Services } from './services.js';

export const unknownSchedule = () => new ApiProblem('not_found', 'there is no such schedule');

/** The schedule, if it is the organisation's. */
export async function findOwnSchedule(
  { db }: Pick<Services, 'db'>,
  orgId: string,
  id: string,
): Promise<ScheduleRow> {
  const row = await getSchedule(db, orgId, id);
  if (!row) throw unknownSchedule();
  return row;
}

/** What we took for a schedule and Temporal does not is a mistake of the request too. */
export function orInvalidCycle(error: unknown): never {
  if (error instanceof CycleRefused) throw invalid([{ path: 'cron_expression', message: error.message }]);
  throw error;
}

/** Which schedule a request is about, and which revision of it. */
export interface ScheduleRequestParts {
  params: { id: string };
  caller: Pick<Caller, 'orgId'>;
  header: (name: string) => string;
}

/** Changes a schedule, if it is the revision that was meant; Temporal has it before this answers. */
export async function changeSchedule(
  { params: { id }, caller: { orgId }, header }: ScheduleRequestParts,
  { scheduling, clock }: Pick<Services, 'scheduling' | 'clock'>,
  edit: ScheduleEdit,
): Promise<ScheduleRow> {
  const matched: ScheduleEdit = async (row, tx) => {
    assertMatch(header, row);
    return edit(row, tx);
  };
  const changed = scheduling.change({ orgId, scheduleId: id }, matched, new Date(clock()));
  const row = await changed.catch(orInvalidCycle);
  if (!row) throw unknownSchedule();
  return row;
}
