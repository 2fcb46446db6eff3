import { v5 as derivedId } from 'uuid';
import type { Db } from '../db/database.js';
import {
  declaredSchedules,
  deleteSchedule,
  insertSchedule,
  type ScheduleColumns,
  type ScheduleRow,
  updateSchedule,
} from '../db/schedules.js';
import { mapSecrets } from '../domain/delivery-secrets.js';
import { planSchedule, wantedOf } from '../schedules/plan-schedule.js';
import { MOST_SCHEDULES } from '../schedules/scheduling.js';
import type { Declaration } from '../schemas/declaration.js';
import type { FieldError } from '../schemas/field-errors.js';
import type { ScheduleRequest } from '../schemas/schedule.js';
import type { TaskDelivery } from '../schemas/task-delivery.js';
import type { TaskRequestOptions } from '../tasks/task-request.js';

/** Any: ids of declared schedules are apart from all others by it. */
const DECLARED = '6c5b2f9e-0d0b-5c60-9f55-3f2f0a6a7d11';

/** What a file's schedules came to: ids of those that Temporal has to learn of, or what is wrong. */
export type SchedulesWritten =
  | { kind: 'written'; changed: string[]; removed: string[] }
  | { kind: 'refused'; errors: FieldError[] };

interface Declared {
  id: string;
  /** Where it stands in the file: `heartbeats.0`. */
  place: string;
  request: ScheduleRequest;
}

/** One without a name is called after its agent, a second one of that with a number. */
function declaredIn({ org, schedules, heartbeats }: Declaration): Declared[] {
  const taken = new Map<string, number>();
  const nameOf = (given: string | undefined, agent: string) => {
    const wanted = given ?? agent;
    const count = (taken.get(wanted) ?? 0) + 1;
    taken.set(wanted, count);
    return count === 1 ? wanted : `${wanted} ${count}`;
  };
  return Object.entries({ schedules, heartbeats }).flatMap(([field, list]) =>
    list.map((request, index) => {
      const name = nameOf(request.name, request.agent_name);
      return {
        id: derivedId(`${org}/${name}`, DECLARED),
        place: `${field}.${index}`,
        request: { ...request, name },
      };
    }),
  );
}

/** Each sealing of the same text is another one: they are compared in the open. */
function isSame(
  columns: ScheduleColumns,
  row: ScheduleRow,
  { vault }: Pick<TaskRequestOptions, 'vault'>,
): boolean {
  const open = (text: string) => vault.open(text);
  const opened = (deliveries: TaskDelivery[]) =>
    JSON.stringify(deliveries.map((one) => mapSecrets(one, { secret: open, url: open })));
  const { delivery, input, metadata, ends_at: endsAt, ...plain } = columns;
  return (
    opened(JSON.parse(delivery)) === opened(row.delivery) &&
    input === JSON.stringify(row.input) &&
    metadata === JSON.stringify(row.metadata) &&
    (endsAt ? new Date(endsAt).getTime() : null) === (row.ends_at?.getTime() ?? null) &&
    Object.entries(plain).every(([name, value]) => row[name as keyof typeof plain] === value)
  );
}

/** Creates and changes what is declared, and removes what was before; other schedules stay as they are. */
export async function writeSchedules(
  options: TaskRequestOptions & { db: Db },
  declaration: Declaration,
  at: Date,
): Promise<SchedulesWritten> {
  const { db: tx } = options;
  const { org: orgId } = declaration;
  const standing = new Map((await declaredSchedules(tx, orgId)).map((row) => [row.id, row]));
  const errors: FieldError[] = [];
  const changed: string[] = [];
  for (const { id, place, request } of declaredIn(declaration)) {
    const row = standing.get(id);
    standing.delete(id);
    const anchor = row?.created_at ?? at;
    // What has ended since the file was written is no flaw of it.
    const planned = await planSchedule(options, orgId, wantedOf(request), { now: at, anchor, isTimed: !row });
    if (planned.kind === 'refused') {
      errors.push(...planned.errors.map(({ path, message }) => ({ path: `${place}.${path}`, message })));
      continue;
    }
    const { columns } = planned;
    if (row && isSame(columns, row, options)) continue;
    if (row) await updateSchedule(tx, row, columns, at);
    const isFull =
      !row &&
      (await insertSchedule(
        tx,
        { id, orgId, columns, isDeclared: true, createdAt: at },
        MOST_SCHEDULES.org,
      )) === 'full';
    if (isFull)
      errors.push({ path: place, message: 'there are as many schedules as an organisation may have' });
    changed.push(id);
  }
  if (errors.length > 0) return { kind: 'refused', errors };
  for (const id of standing.keys()) await deleteSchedule(tx, orgId, id);
  return { kind: 'written', changed, removed: [...standing.keys()] };
}
