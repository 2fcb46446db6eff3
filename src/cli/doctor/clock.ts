import { sql } from 'kysely';
import { askApi } from './ask-api.js';
import { type Check, type Finding, fail, ok, type Patient, warn } from './check.js';
import { onServer } from './database.js';

/** The API tells the time in whole seconds. */
const GRAIN_MS = 1_000;
/** Timers of an organisation are as punctual as the clock of the worker that fires them. */
const WORTH_A_WORD_MS = 2_000;
const INTOLERABLE_MS = 60_000;

interface Reading {
  of: string;
  /** Its clock less ours. */
  aheadMs: number;
}

async function ofApi({ api }: Patient): Promise<Reading[]> {
  const before = Date.now();
  const answer = await askApi(`${api.url}/livez`);
  const after = Date.now();
  const told = Date.parse(answer?.date ?? '');
  if (Number.isNaN(told)) return [];
  return [{ of: 'the API', aheadMs: told + GRAIN_MS / 2 - (before + after) / 2 }];
}

async function ofDatabase({ config: { DATABASE_URL: url } }: Patient): Promise<Reading[]> {
  if (url === undefined) return [];
  try {
    const aheadMs = await onServer(url, async ({ db }) => {
      const before = Date.now();
      const { rows } = await sql<{ ms: number }>`
        select extract(epoch from clock_timestamp())::float8 * 1000 as ms`.execute(db);
      return (rows[0]?.ms ?? before) - (before + Date.now()) / 2;
    });
    return [{ of: 'the database', aheadMs }];
  } catch {
    // The check of the database tells why.
    return [];
  }
}

const worded = ({ of, aheadMs }: Reading) => {
  const apart = Math.abs(aheadMs);
  if (apart <= GRAIN_MS) return `as ${of} has it`;
  return `${of} is ${(apart / 1_000).toFixed(1)} s ${aheadMs > 0 ? 'ahead' : 'behind'}`;
};

function judged(readings: Reading[]): Finding {
  if (readings.length === 0) return ok(`${new Date().toISOString()}; nothing there to compare it with`);
  const found = readings.map(worded).join(', ');
  const worst = Math.max(...readings.map(({ aheadMs }) => Math.abs(aheadMs)));
  const mend = 'Have NTP keep both clocks (timedatectl set-ntp true): what is due is decided by them.';
  if (worst > INTOLERABLE_MS) return fail(found, mend);
  return worst > WORTH_A_WORD_MS ? warn(found, mend) : ok(found);
}

/** Our clock against those of the API and of the database. */
export const clockCheck: Check = {
  name: 'clock',
  look: async (patient) => judged([...(await ofApi(patient)), ...(await ofDatabase(patient))]),
};
