import { z } from 'zod';
import { getSchedule } from '../../db/schedules.js';
import { defineBuiltin } from '../builtin.js';

export const cancelScheduledTask = defineBuiltin({
  name: 'cancel_scheduled_task',
  version: '1.0',
  category: 'scheduling',
  description:
    'Ends a schedule that schedule_task made: it starts no further task. One that runs already goes on. Answers ' +
    'cancelled: false where there is no such schedule.',
  isRepeatable: true,
  schema: z.strictObject({
    schedule_id: z.string().min(1).max(200).describe('As schedule_task answered it'),
  }),
  async execute({ schedule_id: scheduleId }, { database, scheduling, orgId }) {
    const row = await getSchedule(database.db, orgId, scheduleId);
    // What people made is not a model's to end.
    if (!row || row.created_by === null) return { schedule_id: scheduleId, cancelled: false };
    await scheduling.remove({ orgId, scheduleId });
    return { schedule_id: scheduleId, name: row.name, cancelled: true };
  },
});
