import type { WorkflowClient } from '@temporalio/client';
import { sql } from 'kysely';
import type { Db } from '../../../src/db/database.js';

/** Every text and every byte in a value, the bytes as UTF-8. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .map(([name, inner]) => `${name} ${textOf(inner)}`)
    .join('\n');
}

/** All rows of all tables. */
export async function databaseText(db: Db): Promise<Record<string, string>> {
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables where table_schema = 'public'`.execute(db);
  const texts: Record<string, string> = {};
  for (const { name } of rows) {
    const table = await sql<Record<string, unknown>>`select * from ${sql.table(name)}`.execute(db);
    texts[name] = JSON.stringify(table.rows);
  }
  return texts;
}

/** The histories of all runs of a namespace, their payloads decoded from base64, and what can be asked of them. */
export async function historiesText(workflows: WorkflowClient): Promise<string> {
  const texts: string[] = [];
  for await (const { workflowId, runId } of workflows.list()) {
    const handle = workflows.getHandle(workflowId, runId);
    texts.push(textOf(await handle.fetchHistory()), textOf((await handle.describe()).raw));
    // Runs that ended long ago can still be asked; one that is being written may refuse.
    texts.push(textOf(await handle.query('__temporal_workflow_metadata').catch(() => '')));
  }
  return texts.join('\n');
}
