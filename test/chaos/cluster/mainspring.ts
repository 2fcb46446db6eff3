import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { serverArguments } from '../../../src/engine/server-arguments.js';
import { createProgram, type Program } from './program.js';

const run = promisify(execFile);

const accepts = (port: number) =>
  new Promise<boolean>((answer) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      answer(true);
    });
    socket.once('error', () => answer(false));
  });

/** Whether a process of ours says that it can serve. */
export async function isHealthy(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

export interface Place {
  folder: string;
  env: Record<string, string>;
}

/** A node process of the built product. `isReady` may look at what it has written since it was launched. */
function product(
  name: string,
  entry: string,
  { folder, env }: Place,
  isReady: (written: string) => Promise<boolean>,
): Program {
  let seen = 0;
  const program = createProgram({
    name,
    command: process.execPath,
    args: ['--enable-source-maps', resolve(entry)],
    env,
    logFile: join(folder, `${name}.log`),
    isReady: ({ output }) => isReady(output().slice(seen)),
  });
  const { launch } = program;
  program.launch = () => {
    launch();
    seen = program.output().length;
  };
  return program;
}

/** What a start prints last. */
const hasGreeted = async (written: string) => written.includes('Temporal Web UI');

const answersAt = (url: string) => async (written: string) =>
  (await hasGreeted(written)) && (await isHealthy(url));

export const workerProgram = (name: string, place: Place, url: string) =>
  product(name, 'dist/worker/main.js', place, answersAt(url));

export const apiProgram = (name: string, place: Place, url: string) =>
  product(name, 'dist/api/main.js', place, answersAt(url));

export const wholeProgram = (place: Place, url: string) =>
  product('mainspring', 'dist/main.js', place, answersAt(url));

export function temporalProgram(cli: string, folder: string, port: number, uiPort: number): Program {
  return createProgram({
    name: 'temporal',
    command: cli,
    args: serverArguments({ port, uiPort, databaseFile: join(folder, 'temporal.db') }),
    env: {},
    logFile: join(folder, 'temporal.log'),
    isReady: () => accepts(port),
  });
}

/** What an organisation's programs and people call with. */
export interface OrgCredentials {
  key: string;
  adminToken: string;
}

/**
 * Makes an organisation as an operator does; answers its credentials. No other Mainspring on this machine knows them,
 * so whoever accepts them is the one that was started here.
 */
export async function makeOrganisation(id: string, env: Record<string, string>): Promise<OrgCredentials> {
  const args = [resolve('dist/cli/main.js'), 'orgs', 'create', id, '--tier', 'enterprise'];
  const { stdout } = await run(process.execPath, args, { env: { PATH: process.env.PATH ?? '', ...env } });
  const [key] = /mnt_[A-Za-z0-9_-]+/.exec(stdout) ?? [];
  const [adminToken] = /eyJ[\w-]+\.[\w-]+\.[\w-]+/.exec(stdout) ?? [];
  if (key === undefined || adminToken === undefined) throw new Error(`no credentials in: ${stdout}`);
  return { key, adminToken };
}
