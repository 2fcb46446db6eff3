import { z } from 'zod';
import { copyTable, MOST_ROWS, VISIBLE_TABLES, type VisibleTable } from '../../db/visible-tables.js';
import { InvalidInput } from '../../plugin/define-tool.js';
import { defineBuiltin } from '../builtin.js';
import { runInSandbox } from '../sql-sandbox/sandbox.js';

/** As the model reads them: text where no type is said. */
const SHORT: Record<string, string> = { timestamptz: '@', bigint: '#', integer: '#', numeric: '#' };
const described = ({ name, columns }: VisibleTable) =>
  `${name}(${Object.entries(columns)
    .map(([column, type]) => column + (SHORT[type] ?? ''))
    .join(' ')})`;

const isNamedIn = (statement: string) => {
  const words = new Set(statement.toLowerCase().match(/\w+/g) ?? []);
  return ({ name }: VisibleTable) => words.has(name);
};

export const executeDatabaseQuery = defineBuiltin({
  name: 'execute_database_query',
  version: '1.0',
  category: 'system',
  description:
    'Answers one PostgreSQL SELECT (or WITH, VALUES) on copies of the tables of the organisation, read only: at most ' +
    `5 s, 1,000 rows, 256 KB; of each table the newest ${MOST_ROWS.toLocaleString('en')} rows. Tables (# number, @ timestamptz): ` +
    VISIBLE_TABLES.map(described).join(' '),
  isRepeatable: true,
  schema: z.strictObject({
    sql: z
      .string()
      .trim()
      .min(1)
      .max(20_000)
      .refine((text) => !text.includes('\0'), 'must not contain a NUL character')
      .describe('One statement, without parameters'),
  }),
  async execute({ sql }, { database, orgId, signal }) {
    const named = VISIBLE_TABLES.filter(isNamedIn(sql));
    const tables: { name: string; rows: number; isCut: boolean }[] = [];
    const read = async () => {
      const copies: { name: string; rows: string }[] = [];
      // One after the other: the embedded database does one thing at a time, and each may be large.
      for (const table of named) {
        const { rows, count, isCut } = await copyTable(database.db, orgId, table);
        copies.push({ name: table.name, rows });
        tables.push({ name: table.name, rows: count, isCut });
      }
      return { tables: copies, statement: sql };
    };
    const answer = await runInSandbox(orgId, read, signal);
    if (answer.kind === 'refused') throw new InvalidInput(answer.message);
    const { columns, rows, isCut } = answer;
    return { columns, rows, rowCount: rows.length, isCut, tables };
  },
});
