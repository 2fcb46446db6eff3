import { execFile } from 'node:child_process';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildCli } from './build-cli.js';
import { downloadCli } from './download-cli.js';
import { EngineError } from './engine-error.js';
import type { Report } from './report.js';

const run = promisify(execFile);
/** Priorities and fairness need it. */
const OLDEST_SERVER = [1, 29] as const;
const FILE_NAME = process.platform === 'win32' ? 'temporal.exe' : 'temporal';

/** Leaves the Temporal CLI under this path, or throws. */
type Obtain = (path: string, report: Report) => Promise<void>;

/** What a search may use; the defaults are what a start uses. */
export interface Ways {
  onPath: string;
  download: Obtain;
  build: Obtain;
}

/** `temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)`, or a sentence why this one does not do. */
async function shortcomingOf(path: string): Promise<string | undefined> {
  const output = await run(path, ['--version'], { timeout: 20_000 }).then(
    ({ stdout }) => stdout,
    (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? null : ''),
  );
  if (output === null) return 'there is none';
  const [, major, minor] = /Server (\d+)\.(\d+)/.exec(output) ?? [];
  if (major === undefined || minor === undefined) return 'it does not tell its server version';
  const isNewEnough =
    Number(major) > OLDEST_SERVER[0] ||
    (Number(major) === OLDEST_SERVER[0] && Number(minor) >= OLDEST_SERVER[1]);
  return isNewEnough ? undefined : `it is a server ${major}.${minor}, older than ${OLDEST_SERVER.join('.')}`;
}

/** Obtained beside its place, tried, then moved into it: a start that is interrupted leaves nothing half done. */
async function obtainInto(kept: string, obtain: Obtain, report: Report): Promise<void> {
  const folder = `${kept}.${process.pid}`;
  const candidate = join(folder, FILE_NAME);
  await mkdir(folder, { recursive: true });
  try {
    await obtain(candidate, report);
    const shortcoming = await shortcomingOf(candidate);
    if (shortcoming !== undefined) throw new Error(shortcoming);
    await rename(candidate, kept);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What can be run without obtaining anything, and what is wrong with what cannot. */
export async function lookForCli(
  dataDir: string,
  onPath = FILE_NAME,
): Promise<{ path?: string; failures: string[] }> {
  const failures: string[] = [];
  for (const [where, path] of [
    ['on the PATH', onPath],
    [`in ${join(dataDir, 'bin')}`, join(dataDir, 'bin', FILE_NAME)],
  ] as const) {
    const shortcoming = await shortcomingOf(path);
    if (shortcoming === undefined) return { path, failures };
    failures.push(`temporal ${where}: ${shortcoming}`);
  }
  return { failures };
}

/**
 * The path of a Temporal CLI with a server of 1.29 or newer: on the PATH, kept in `<dataDir>/bin`, downloaded, or built
 * with Go; what was downloaded or built is kept for the next time. Throws an {@link EngineError} that lists the ways.
 */
export async function findCli(dataDir: string, report: Report, ways: Partial<Ways> = {}): Promise<string> {
  const { onPath, download, build } = { onPath: FILE_NAME, download: downloadCli, build: buildCli, ...ways };
  const kept = join(dataDir, 'bin', FILE_NAME);
  const { path, failures } = await lookForCli(dataDir, onPath);
  if (path !== undefined) return path;
  for (const [what, obtain] of [
    ['download of the Temporal CLI', download],
    ['build with Go', build],
  ] as const) {
    try {
      await obtainInto(kept, obtain, report);
      return kept;
    } catch (error) {
      failures.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      report(`${what} did not work: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new EngineError(
    `no Temporal server can be started (${failures.join('; ')}). Either set TEMPORAL_ADDRESS to a server that runs, ` +
      `or put the Temporal CLI 1.5 or newer (https://docs.temporal.io/cli) on the PATH or into ${join(dataDir, 'bin')}, ` +
      'or allow downloads from temporal.download, or install Go 1.21 or newer so that it can be built.',
  );
}
