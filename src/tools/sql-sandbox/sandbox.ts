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

/** Each that waits holds one of the worker's few slots for calls. */
const MOST_WAITING = 2;

let isRunning = false;
/** Whose turn comes next, the first first. */
const line: { orgId: string; begin: () => void }[] = [];

/** Fulfilled when it is this one's turn. Throws at once where the line is full, or one of the organisation stands in it. */
async function turnOf(orgId: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (!isRunning) {
    isRunning = true;
    return;
  }
  if (line.length >= MOST_WAITING || line.some((one) => one.orgId === orgId))
    throw new Error('busy: other queries are running, try again');
  await new Promise<void>((resolve, reject) => {
    const leave = () => {
      line.splice(line.indexOf(place), 1);
      reject(signal.reason);
    };
    const begin = () => {
      signal.removeEventListener('abort', leave);
      resolve();
    };
    const place = { orgId, begin };
    line.push(place);
    signal.addEventListener('abort', leave, { once: true });
  });
}

/** The next one keeps `isRunning`: nobody comes between. */
function endTurn(): void {
  const next = line.shift();
  if (next) next.begin();
  else isRunning = false;
}

async function inTurn<T>(orgId: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  await turnOf(orgId, signal);
  try {
    return await work();
  } finally {
    endTurn();
  }
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
    let late: Ended = { kind: 'broken', message: 'could not be prepared in time' };
    let timer = setTimeout(() => child.kill('SIGKILL'), PREPARING_MS);
    let ended: Ended | undefined;
    const stop = () => child.kill('SIGKILL');
    signal.addEventListener('abort', stop, { once: true });
    child.on('message', (message: SandboxMessage) => {
      if (message.kind !== 'begun') {
        ended = message;
        return;
      }
      late = { kind: 'refused', message: `took longer than ${STATEMENT_MS / 1_000} s` };
      clearTimeout(timer);
      timer = setTimeout(stop, STATEMENT_MS);
    });
    child.once('error', reject);
    child.once('exit', (_, killedBy) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      if (signal.aborted) return reject(signal.reason);
      if (ended) return resolve(ended);
      if (killedBy === 'SIGKILL') return resolve(late);
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
 * each needs some 500 MB. Fails as busy where too many wait already; rejects with the signal's reason where that
 * is aborted.
 */
export function runInSandbox(
  orgId: string,
  read: () => Promise<SandboxQuery>,
  signal: AbortSignal,
): Promise<SandboxAnswer> {
  return inTurn(orgId, signal, async () => {
    signal.throwIfAborted();
    const job = { ...(await read()), image: await image(), pgliteUrl: pgliteUrl() };
    const ended = await run({ kind: 'query', ...job, mostRows: MOST_ROWS, mostBytes: MOST_BYTES }, signal);
    if (ended.kind === 'answered' || ended.kind === 'refused') return ended;
    throw new Error(
      `the sandbox of statements failed: ${ended.kind === 'broken' ? ended.message : ended.kind}`,
    );
  });
}
