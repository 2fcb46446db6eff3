import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe } from '@jest/globals';
import pg from 'pg';
import type { Database } from '../../src/db/database.js';
import { openEmbedded } from '../../src/db/embedded.js';
import { migrate } from '../../src/db/migrate.js';
import { openServer } from '../../src/db/server.js';
import { createLog } from '../../src/log.js';

/** A kind of database to test on. Each `open` gives an empty, migrated one of its own, which ends when it is closed. */
export interface TestDatabase {
  name: string;
  open(): Promise<Database>;
}

export const silentLog = createLog('silent');

/** A data directory to begin with, made once for a whole run: making one takes seconds. */
export function embeddedImage(): Uint8Array | undefined {
  const file = process.env.MAINSPRING_TEST_PGDATA;
  return file ? readFileSync(file) : undefined;
}

async function migrated(database: Database): Promise<Database> {
  await migrate(database.db);
  return database;
}

async function openEmbeddedForTest(): Promise<Database> {
  return migrated(await openEmbedded({ image: embeddedImage() }, silentLog));
}

/** The same URL with another database's name. */
function urlOf(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

async function administer(server: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A new, empty database on the server, and how to drop it. */
export async function createServerDatabase(server: string): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await administer(server, `create database ${name}`);
  return {
    url: urlOf(server, name),
    drop: () => administer(server, `drop database if exists ${name} with (force)`),
  };
}

async function openServerForTest(server: string): Promise<Database> {
  const { url, drop } = await createServerDatabase(server);
  const database = await migrated(await openServer({ url, poolSize: 5 }, silentLog));
  return {
    ...database,
    async close() {
      await database.close();
      await drop();
    },
  };
}

/** The PostgreSQL server of this worker of Jest; undefined where the run has none. */
export function serverOfThisWorker(): string | undefined {
  const servers = process.env.MAINSPRING_TEST_POSTGRES?.split(' ') ?? [];
  return servers[(Number(process.env.JEST_WORKER_ID ?? 1) - 1) % servers.length];
}
const server = serverOfThisWorker();

/** The embedded database, and a PostgreSQL server where the run has one. */
export const databases: TestDatabase[] = [
  { name: 'embedded', open: openEmbeddedForTest },
  ...(server ? [{ name: 'PostgreSQL', open: () => openServerForTest(server) }] : []),
];

/** Runs the same tests on every database. `database` may be called inside tests and hooks. */
export function describeEachDatabase(name: string, tests: (database: () => Database) => void): void {
  describe.each(databases)(`${name} ($name)`, ({ open }) => {
    let database: Database | undefined;
    beforeAll(async () => {
      database = await open();
    });
    afterAll(async () => {
      await database?.close();
    });
    tests(() => {
      if (!database) throw new Error('the database is open only while tests run');
      return database;
    });
  });
}
