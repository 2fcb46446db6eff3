import { getSchedule, type ScheduleRow } from '../db/schedules.js';
import type { CycleState } from '../engine/schedules.js';
import type { ScheduleEdit } from '../schedules/scheduling.js';
import type { Caller } from './caller.js';
import { assertMatch } from './etag.js';
import { ApiProblem } from './problem.js';
import type { Services } from './services.js';

const unknownSchedule = () => new ApiProblem('not_found', 'there is no such schedule');

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
  const row = await scheduling.change({ orgId, scheduleId: id }, matched, new Date(clock()));
  if (!row) throw unknownSchedule();
  return row;
}

type Asking = Pick<Services, 'scheduling' | 'db'>;

/** Asks Temporal something about a schedule; one that it has lost is put there again. */
export async function askEngine<T>(
  { scheduling, db }: Asking,
  { org_id: orgId, id: scheduleId }: ScheduleRow,
  question: (ref: { orgId: string; scheduleId: string }) => Promise<T | undefined | false>,
): Promise<T> {
  const ref = { orgId, scheduleId };
  const ask = async () => {
    try {
      return await question(ref);
    } catch (error) {
      // It was deleted meanwhile, and Temporal does not know yet what to say of it.
      if (!(await getSchedule(db, orgId, scheduleId))) throw unknownSchedule();
      throw error;
    }
  };
  const first = await ask();
  if (first !== undefined && first !== false) return first;
  await scheduling.apply(ref);
  const second = await ask();
  if (second === undefined || second === false) throw unknownSchedule();
  return second;
}

export const stateOf = (
  services: Asking & Pick<Services, 'schedules'>,
  row: ScheduleRow,
): Promise<CycleState> => askEngine(services, row, (ref) => services.schedules.describe(ref));
