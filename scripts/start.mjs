/**
 * `npm start`: installs what is missing, builds what has changed, then becomes the program (all of Mainspring, or the
 * part that is named). It starts no process for it: signals and the exit code need no passing on.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from './build.mjs';
import { install, root } from './install.mjs';

const ENTRIES = {
  all: 'main.js',
  api: 'api/main.js',
  worker: 'worker/main.js',
  migrate: 'migrate.js',
  // The command line, which has the others as commands: npm run mainspring -- timers list
  cli: 'cli/main.js',
  openapi: 'api/write-openapi.js',
};
const NPM_CHECK_MS = 1_000;

/** `ps` of a process: its parent and its command line. */
function look(pid) {
  try {
    const line = execFileSync('ps', ['-ww', '-o', 'ppid=,args=', '-p', String(pid)], { encoding: 'utf8' });
    const [, parent, command] = /^\s*(\d+)\s+(.*)/.exec(line) ?? [];
    return { parent: Number(parent), command: command ?? '' };
  } catch {
    return { parent: 0, command: '' };
  }
}

/** npm itself, or what stands for it, is our parent or (behind a shell) the parent of our parent. */
function npmAbove() {
  const parent = look(process.ppid);
  if (parent.command.includes('npm')) return process.ppid;
  return look(parent.parent).command.includes('npm') ? parent.parent : undefined;
}

const isAlive = (pid) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** An npm that is killed in a way it cannot pass on would leave the program behind, holding its port and its data. */
function endWithNpm() {
  const npm = process.env.npm_lifecycle_event === undefined ? undefined : npmAbove();
  if (npm === undefined) return;
  const check = setInterval(() => {
    if (isAlive(npm)) return;
    clearInterval(check);
    process.kill(process.pid, 'SIGTERM');
  }, NPM_CHECK_MS);
  check.unref();
}

const entry = ENTRIES[process.argv[2] ?? 'all'];
if (entry === undefined) {
  console.error(`Usage: node scripts/start.mjs [${Object.keys(ENTRIES).join(' | ')}]`);
  process.exit(1);
}
process.setSourceMapsEnabled(true);
process.chdir(root);
if (existsSync('.env')) process.loadEnvFile('.env');
await install();
await build();
endWithNpm();
const path = join(root, 'dist', entry);
// The program sees the arguments that are its own.
process.argv.splice(1, 2, path);
await import(pathToFileURL(path).href);
