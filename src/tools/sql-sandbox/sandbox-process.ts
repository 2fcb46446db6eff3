/** What the process is asked: to make a database, or to run a statement on a copy of one. */
export type SandboxJob =
  | { kind: 'make'; pgliteUrl: string; statements: string[] }
  | {
      kind: 'query';
      pgliteUrl: string;
      /** A database that was made before. */
      image: Uint8Array;
      tables: { name: string /** A JSON array of objects. */; rows: string }[];
      statement: string;
      mostRows: number;
      mostBytes: number;
    };

export type SandboxMessage =
  | { kind: 'made'; image: Uint8Array }
  /** All is there: from now on the statement's own time counts. */
  | { kind: 'begun' }
  | { kind: 'answered'; columns: string[]; rows: unknown[][]; isCut: boolean }
  /** The database's own words. */
  | { kind: 'refused'; message: string }
  | { kind: 'broken'; message: string };

/**
 * Runs in a process of its own, which evaluates the *text* of this function: so it is the same from `dist` and from
 * sources that a test runner transforms. It must not refer to anything outside itself but its type imports.
 *
 * A statement occupies this process until it is killed. What watches it meanwhile is a thread.
 */
export async function runSandboxProcess(): Promise<void> {
  const { gunzipSync, gzipSync } = await import('node:zlib');
  const { Worker } = await import('node:worker_threads');

  const [MOST_MEMORY, LOOK_MS] = [1_200_000_000, 50];
  /** Ends the process where it needs too much memory (SIGTERM), or where nobody waits for it any more. */
  const watch = `
    const parent = process.ppid;
    setInterval(() => {
      if (process.memoryUsage.rss() > ${MOST_MEMORY}) process.kill(process.pid, 'SIGTERM');
      if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
    }, ${LOOK_MS});`;
  new Worker(watch, { eval: true });

  const answer = (message: SandboxMessage) =>
    new Promise<void>((sent) => {
      process.send?.(message, undefined, {}, () => sent());
    });
  const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

  async function open(pgliteUrl: string, image?: Uint8Array) {
    const { PGlite } = (await import(pgliteUrl)) as typeof import('@electric-sql/pglite');
    if (!image) return PGlite.create();
    return PGlite.create({ loadDataDir: new Blob([new Uint8Array(gunzipSync(image))]) });
  }
  type Opened = Awaited<ReturnType<typeof open>>;

  async function make({ pgliteUrl, statements }: Extract<SandboxJob, { kind: 'make' }>) {
    const database = await open(pgliteUrl);
    await database.exec(statements.join(';\n'));
    const image = Buffer.from(await (await database.dumpDataDir('none')).arrayBuffer());
    await answer({ kind: 'made', image: gzipSync(image, { level: 1 }) });
  }

  /** As they are written in JSON: sums and averages are numbers. */
  const parsers = { 1700: (text: string) => (Number.isFinite(Number(text)) ? Number(text) : text) };
  const plain = (value: unknown): unknown => {
    if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`;
    return typeof value === 'bigint' ? value.toString() : value;
  };

  /** A cursor takes nothing but a query, and gives as many rows as are wanted. */
  async function rowsOf(
    database: Opened,
    { statement, mostRows, mostBytes }: Extract<SandboxJob, { kind: 'query' }>,
  ) {
    const [STEP, rows] = [50, [] as unknown[][]];
    let bytes = 0;
    // By the extended protocol: a second statement in the text is an error.
    await database.query(`declare answer no scroll cursor for ${statement}\n`, []);
    for (;;) {
      const step = await database.query<unknown[]>(`fetch ${STEP} from answer`, [], {
        rowMode: 'array',
        parsers,
      });
      const columns = step.fields.map(({ name }) => name);
      for (const row of step.rows) {
        const values = row.map(plain);
        bytes += Buffer.byteLength(JSON.stringify(values));
        if (rows.length >= mostRows || bytes > mostBytes) return { columns, rows, isCut: true };
        rows.push(values);
      }
      if (step.rows.length < STEP) return { columns, rows, isCut: false };
    }
  }

  async function query(job: Extract<SandboxJob, { kind: 'query' }>) {
    const database = await open(job.pgliteUrl, job.image);
    for (const { name, rows } of job.tables) {
      await database.query(`insert into ${name} select * from json_populate_recordset(null::${name}, $1)`, [
        rows,
      ]);
      await database.exec(`grant select on ${name} to reader`);
    }
    await database.exec('analyze');
    // What sorts and joins keep outside of memory would be kept in memory too.
    await database.exec("set temp_file_limit = '64MB'; set work_mem = '16MB'");
    await database.exec('begin transaction read only');
    await database.exec('set local role reader');
    await answer({ kind: 'begun' });
    try {
      await answer({ kind: 'answered', ...(await rowsOf(database, job)) });
    } catch (error) {
      await answer({ kind: 'refused', message: messageOf(error) });
    }
  }

  process.once('message', (job: SandboxJob) => {
    (job.kind === 'make' ? make(job) : query(job))
      .catch((error: unknown) => answer({ kind: 'broken', message: messageOf(error) }))
      .finally(() => process.exit(0));
  });
  process.once('disconnect', () => process.exit(0));
}
