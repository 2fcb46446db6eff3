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
import { withResultSecrets } from '../domain/channel-rules.js';
import { planSchedule, wantedOf } from '../schedules/plan-schedule.js';
import { MOST_SCHEDULES } from '../schedules/scheduling.js';
import type { Declaration } from '../schemas/declaration.js';
import type { FieldError } from '../schemas/field-errors.js';
import type { ScheduleRequest } from '../schemas/schedule.js';
import type { TaskDelivery } from '../schemas/task-delivery.js';
import type { TaskRequestOptions } from '../tasks/task-request.js';
import { openedOrNull } from './opened.js';

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

/** One without a name is called after its agent, with a number where that is another's name. */
function declaredIn({ org, schedules, heartbeats }: Declaration): Declared[] {
  const taken = new Set<string>([...schedules, ...heartbeats].flatMap(({ name }) => name ?? []));
  const madeUp = (agent: string) => {
    let name = agent;
    for (let count = 2; taken.has(name); count += 1) name = `${agent} ${count}`;
    taken.add(name);
    return name;
  };
  return Object.entries({ schedules, heartbeats }).flatMap(([field, list]) =>
    list.map((request, index) => {
      const name = request.name ?? madeUp(request.agent_name);
      return {
        id: derivedId(`${org}/${name}`, DECLARED),
        place: `${field}.${index}`,
        request: { ...request, name },
      };
    }),
  );
}

const isTwice = ({ id }: Declared, index: number, all: readonly Declared[]) =>
  all.findIndex((other) => other.id === id) < index;

/** Each sealing of the same text is another one: they are compared in the open. What cannot be opened any more is sealed anew. */
function isSame(
  columns: ScheduleColumns,
  row: ScheduleRow,
  { vault }: Pick<TaskRequestOptions, 'vault'>,
): boolean {
  const open = (text: string) => openedOrNull(vault, text) ?? text;
  const opened = (deliveries: TaskDelivery[]) =>
    JSON.stringify(deliveries.map((one) => withResultSecrets(one, { secret: open, url: open })));
  const { delivery, input, metadata, ends_at: endsAt, ...plain } = columns;
  return (
    opened(JSON.parse(delivery)) === opened(row.delivery) &&
    input === JSON.stringify(row.input) &&
    metadata === JSON.stringify(row.metadata) &&
    (endsAt ? new Date(endsAt).getTime() : null) === (row.ends_at?.getTime() ?? null) &&
    Object.entries(plain).every(([name, value]) => row[name as keyof typeof plain] === value)
  );
}

type Options = TaskRequestOptions & { db: Db };
type Written = 'same' | 'written' | { errors: FieldError[] };

const WHY = {
  full: 'there are as many schedules as an organisation may have',
  standing: 'a schedule that no file declared has its id',
};

/** Brings one to what is declared, and makes it where it is new. */
async function writeOne(
  options: Options,
  { id, request }: Declared,
  { orgId, row, at }: { orgId: string; row: ScheduleRow | undefined; at: Date },
): Promise<Written> {
  // What has ended since the file was written is no flaw of it.
  const timing = { now: at, anchor: row?.created_at ?? at, isTimed: false };
  const planned = await planSchedule(options, orgId, wantedOf(request), timing);
  if (planned.kind === 'refused') return planned;
  const { columns } = planned;
  if (row && isSame(columns, row, options)) return 'same';
  if (row) {
    await updateSchedule(options.db, row, columns, at);
    return 'written';
  }
  const schedule = { id, orgId, columns, isDeclared: true, createdAt: at };
  const outcome = await insertSchedule(options.db, schedule, MOST_SCHEDULES.org);
  return outcome === 'written' ? outcome : { errors: [{ path: '', message: WHY[outcome] }] };
}

/** Creates and changes what is declared, and removes what was before; other schedules stay as they are. */
export async function writeSchedules(
  options: Options,
  declaration: Declaration,
  at: Date,
): Promise<SchedulesWritten> {
  const { db: tx } = options;
  const { org: orgId } = declaration;
  const standing = new Map((await declaredSchedules(tx, orgId)).map((row) => [row.id, row]));
  const declared = declaredIn(declaration);
  const twice = declared.filter(isTwice);
  const errors: FieldError[] = twice.map(({ place }) => ({
    path: `${place}.name`,
    message: 'another schedule above has this name',
  }));
  const changed: string[] = [];
  for (const one of declared) {
    if (twice.includes(one)) continue;
    const written = await writeOne(options, one, { orgId, row: standing.get(one.id), at });
    if (written === 'written') changed.push(one.id);
    else if (written !== 'same')
      errors.push(
        ...written.errors.map(({ path, message }) => ({
          path: path === '' ? one.place : `${one.place}.${path}`,
          message,
        })),
      );
  }
  if (errors.length > 0) return { kind: 'refused', errors };
  const gone = [...standing.keys()].filter((id) => !declared.some((one) => one.id === id));
  for (const id of gone) await deleteSchedule(tx, orgId, id);
  return { kind: 'written', changed, removed: gone };
}
