import { type ChildProcess, spawn } from 'node:child_process';
import { runSandboxProcess, type SandboxJob, type SandboxMessage } from './sandbox-process.js';
import { SANDBOX_SCHEMA } from './sandbox-schema.js';

/** Of a statement, from when all its rows are there. */
const STATEMENT_MS = 5_000;
/** To start the process, make the database and copy the rows. */
const PREPARING_MS = 30_000;
const MOST_ROWS = 1_000;
const MOST_BYTES = 262_144;
const HEAP_MB = 512;

/** What a statement came to; the message may be shown to whoever wrote it. */
export type SandboxAnswer =
  | { kind: 'answered'; columns: string[]; rows: unknown[][]; isCut: boolean }
  | { kind: 'refused'; message: string };

type Ended = Exclude<SandboxMessage, { kind: 'begun' }>;

/** Whoever comes next waits until the one before is done. */
let last: Promise<unknown> = Promise.resolve();
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const turn = last.then(work);
  last = turn.catch(() => undefined);
  return turn;
}

function start(): ChildProcess {
  // Nothing of this process's environment: it holds secrets.
  return spawn(
    process.execPath,
    [`--max-old-space-size=${HEAP_MB}`, '--input-type=module', '--eval', `(${runSandboxProcess})()`],
    {
      cwd: '/',
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    },
  );
}

/** A process that is killed when its time is over, or nobody waits any more. */
function run(job: SandboxJob, signal: AbortSignal): Promise<Ended> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const child = start();
    let late = 'could not be prepared in time';
    let timer = setTimeout(() => child.kill('SIGKILL'), PREPARING_MS);
    let ended: Ended | undefined;
    const stop = () => child.kill('SIGKILL');
    signal.addEventListener('abort', stop, { once: true });
    child.on('message', (message: SandboxMessage) => {
      if (message.kind !== 'begun') {
        ended = message;
        return;
      }
      late = `took longer than ${STATEMENT_MS / 1_000} s`;
      clearTimeout(timer);
      timer = setTimeout(stop, STATEMENT_MS);
    });
    child.once('error', reject);
    child.once('exit', (_, killedBy) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      if (signal.aborted) return reject(signal.reason);
      if (ended) return resolve(ended);
      if (killedBy === 'SIGKILL') return resolve({ kind: 'refused', message: late });
      if (killedBy !== null) return resolve({ kind: 'refused', message: 'needed too much memory' });
      resolve({ kind: 'broken', message: 'its process ended' });
    });
    child.send(job);
  });
}

const pgliteUrl = () => import.meta.resolve('@electric-sql/pglite');

/** Made once a process, when it is first needed: making one takes seconds. */
let made: Promise<Uint8Array> | undefined;
function image(): Promise<Uint8Array> {
  made ??= makeImage().catch((error: unknown) => {
    made = undefined;
    throw error;
  });
  return made;
}

async function makeImage(): Promise<Uint8Array> {
  const ended = await run(
    { kind: 'make', pgliteUrl: pgliteUrl(), statements: SANDBOX_SCHEMA },
    new AbortController().signal,
  );
  if (ended.kind === 'made') return ended.image;
  throw new Error(
    `the database for statements could not be made: ${'message' in ended ? ended.message : ended.kind}`,
  );
}

export interface SandboxQuery {
  tables: { name: string; rows: string }[];
  statement: string;
}

/**
 * Runs one statement, read only, on copies of tables, in a process of its own that it cannot outlive. One at a time:
 * each needs some 500 MB. Rejects with the signal's reason where that is aborted.
 */
export function runInSandbox(read: () => Promise<SandboxQuery>, signal: AbortSignal): Promise<SandboxAnswer> {
  return inTurn(async () => {
    signal.throwIfAborted();
    const job = { ...(await read()), image: await image(), pgliteUrl: pgliteUrl() };
    const ended = await run({ kind: 'query', ...job, mostRows: MOST_ROWS, mostBytes: MOST_BYTES }, signal);
    if (ended.kind === 'answered' || ended.kind === 'refused') return ended;
    throw new Error(
      `the sandbox of statements failed: ${ended.kind === 'broken' ? ended.message : ended.kind}`,
    );
  });
}
