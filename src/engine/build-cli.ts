import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { withEnvironment } from '../config.js';
import type { Report } from './report.js';

const run = promisify(execFile);
/** The newest that `go install` takes (server 1.29.1): go.mod files of later ones replace modules, which it refuses. */
const MODULE = 'github.com/temporalio/cli/cmd/temporal@v1.5.1';
const PROGRESS_EVERY_MS = 5_000;

/** Throws where there is no Go that can build it. Go 1.21 and newer fetch the toolchain that a module asks for by themselves. */
export async function requireGo(): Promise<void> {
  const { stdout } = await run('go', ['version']).catch(() => {
    throw new Error('Go is not installed');
  });
  const [, version, major, minor] = /go((\d+)\.(\d+)\S*)/.exec(stdout) ?? [];
  const isNewEnough = Number(major) > 1 || (Number(major) === 1 && Number(minor) >= 21);
  if (!isNewEnough) throw new Error(`Go ${version ?? 'of an unknown version'} is older than 1.21`);
}

/** Builds the CLI with the Go that is installed, into the folder of `path`. Takes minutes the first time. */
export async function buildCli(path: string, report: Report): Promise<void> {
  await requireGo();
  report(`building the Temporal CLI with Go (${MODULE}); this takes a few minutes, once`);
  const startedAt = Date.now();
  const build = spawn('go', ['install', '-ldflags=-s -w', MODULE], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: withEnvironment({ GOBIN: dirname(path) }),
  });
  let lastLine = '';
  build.stderr.setEncoding('utf8').on('data', (text: string) => {
    lastLine = text.trim().split('\n').at(-1) ?? lastLine;
  });
  const progress = setInterval(() => {
    report(`still building, ${Math.round((Date.now() - startedAt) / 1_000)} s; ${lastLine}`);
  }, PROGRESS_EVERY_MS);
  const endBuild = () => build.kill();
  process.once('exit', endBuild);
  try {
    const [code] = await once(build, 'close');
    if (code !== 0) throw new Error(`go install ended with ${code}: ${lastLine}`);
  } finally {
    clearInterval(progress);
    process.off('exit', endBuild);
  }
}
