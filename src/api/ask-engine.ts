import { getSchedule, type ScheduleRow } from '../db/schedules.js';
import type { CycleState } from '../engine/schedules.js';
import { unknownSchedule } from './change-schedule.js';
import type { Services } from './services.js';

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
