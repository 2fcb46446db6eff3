import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';

const run = promisify(execFile);
const START_LIMIT_MS = 20_000;

export interface PostgresServer {
  /** Of a superuser, in the database `postgres`. */
  url: string;
  /** Sends a signal to the postmaster and all its children, as it would strike a whole machine. */
  signal(name: NodeJS.Signals): void;
  /** Ends all of it as kill -9 does. */
  kill(): Promise<void>;
  /** Runs it again on its data and port after it was killed; it recovers from its log. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface PostgresWishes {
  /** Where its own folder is made; its user must be able to enter it. By default that of temporary files. */
  parent?: string;
  /** By default a free one. */
  port?: number;
  /** Whether commits reach the disk; by default not, which is faster. */
  isDurable?: boolean;
}

/** Where PostgreSQL's programs are, or undefined where none is installed. */
async function findPrograms(): Promise<string | undefined> {
  const configured = await run('pg_config', ['--bindir']).then(
    ({ stdout }) => [stdout.trim()],
    () => [],
  );
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...configured, ...versions.map((version) => join(debian, version, 'bin'))];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

/** PostgreSQL refuses to run as root, so there it runs as the user that its package makes. */
async function findUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, 'postgres'])));
  return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

async function untilAnswering(url: string, server: ChildProcess): Promise<void> {
  for (const end = Date.now() + START_LIMIT_MS; Date.now() < end; await delay(50)) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (server.exitCode !== null) throw new Error('PostgreSQL did not start', { cause: error });
    }
  }
  throw new Error(`PostgreSQL did not answer within ${START_LIMIT_MS} ms`);
}

/** The processes that a process has started; none where the system does not tell. */
function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function send(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended meanwhile.
  }
}

/** A private server on a loopback port with its data in a temporary folder; undefined where none is installed. */
export async function startPostgres({
  parent = tmpdir(),
  port: wantedPort,
  isDurable = false,
}: PostgresWishes = {}): Promise<PostgresServer | undefined> {
  const programs = await findPrograms();
  if (programs === undefined) return undefined;
  const user = await findUser();
  const folder = mkdtempSync(join(parent, 'mainspring-postgres-'));
  if (user) chownSync(folder, user.uid, user.gid);
  chmodSync(folder, 0o700);
  const data = join(folder, 'data');
  const options = { ...user, cwd: folder, env: { PATH: process.env.PATH, LC_ALL: 'C' } };
  await run(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '-N'],
    options,
  );

  const port = wantedPort ?? (await freePort());
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    max_connections: 200,
    fsync: isDurable ? 'on' : 'off',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const launch = () =>
    spawn(join(programs, 'postgres'), ['-D', data, ...args], { ...options, stdio: 'ignore' });
  let server = launch();
  await untilAnswering(url, server);

  const signal = (name: NodeJS.Signals) => {
    const { pid } = server;
    if (pid === undefined) return;
    // The postmaster first, so that it makes no more.
    const children = childrenOf(pid);
    for (const process of [pid, ...children, ...childrenOf(pid)]) send(process, name);
  };
  const exit = () =>
    server.exitCode === null && server.signalCode === null ? once(server, 'exit') : undefined;
  return {
    url,
    signal,
    async kill() {
      const exited = exit();
      signal('SIGKILL');
      await exited;
    },
    async start() {
      server = launch();
      await untilAnswering(url, server);
    },
    async stop() {
      const exited = exit();
      // SIGINT is the fast shutdown: it disconnects clients.
      server.kill('SIGINT');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
