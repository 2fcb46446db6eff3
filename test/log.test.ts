import { describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { createLog } from '../src/log.js';
import { databases } from './support/databases.js';

const lines: string[] = [];
const log = createLog('info', { write: (line: string) => void lines.push(line) });
const logged = (write: () => void) => {
  lines.length = 0;
  write();
  return JSON.parse(lines[0] ?? '{}');
};

describe('a line of the log', () => {
  test('has the fields that are listed, and of others only their type', () => {
    const line = logged(() =>
      log.info({ org: 'acme', timer: 't1', url: 'https://hunter2', headers: { a: 'hunter2' } }, 'So'),
    );
    expect(line).toMatchObject({ org: 'acme', timer: 't1', url: '[string]', headers: '[object]', msg: 'So' });
    expect(lines[0]).not.toContain('hunter2');
  });

  test('shows what was declared and re-armed', () => {
    const facts = { file: 'mainspring.yaml', schedule: 's1', changed: 1, removed: 2, schedules: 3 };
    expect(logged(() => log.info(facts, 'So'))).toMatchObject(facts);
  });

  test('shows of a listed field no object, whatever stands in it', () => {
    expect(logged(() => log.info({ status: { body: 'hunter2' } }, 'So'))).toMatchObject({
      status: '[object]',
    });
  });

  test('tells of an error what it is and where it came from, and of its causes', () => {
    const error = new Error('outer', { cause: Object.assign(new Error('inner'), { code: 'ECONNRESET' }) });
    const line = logged(() => log.error({ error }, 'It failed'));
    expect(line.error).toMatchObject({
      ...{ type: 'Error', message: 'outer', stack: expect.stringContaining('log.test') },
      cause: { code: 'ECONNRESET', message: 'inner' },
    });
    expect(logged(() => log.error(error)).error).toMatchObject({ message: 'outer' });
  });

  test('does not quote what a parser was given', () => {
    let error: unknown;
    try {
      JSON.parse('hunter2');
    } catch (thrown) {
      error = thrown;
    }
    expect(logged(() => log.error({ error }, 'It failed')).error).toMatchObject({ type: 'SyntaxError' });
    expect(lines[0]).not.toMatch(/hunter2|hunte/);
  });
});

test.each(databases)(
  'rows and values of a statement that failed are not logged ($name)',
  async ({ open }) => {
    const { db, close } = await open();
    const row = sql`insert into windows (org_id, starts_at, epoch) values ('hunter2', now(), 1)`;
    const failures = [
      sql`select ${'hunter2'}::bigint`,
      sql`with one as (${row}) insert into orgs (id, name, tier) values ('hunter2', 'hunter2', 'hunter2')`,
      sql`insert into api_keys (id, org_id, name, prefix, digest, tier) values ('k', 'hunter2', '', '', '', '')`,
    ];
    for (const statement of failures) {
      const error = await statement.execute(db).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(logged(() => log.error({ error }, 'It failed')).error).toMatchObject({
        code: expect.stringMatching(/^2[23]/),
      });
      expect(lines[0]).not.toContain('hunter2');
    }
    await close();
  },
);
