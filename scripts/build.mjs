/** Builds `dist` when the sources have changed since: TypeScript, the workflow bundles, the board. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, run } from './install.mjs';

const STAMP = join(root, 'dist', '.built');
const CONFIGURATION = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];

function fingerprint() {
  const sources = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const hash = createHash('sha256');
  for (const path of [...CONFIGURATION.map((name) => join(root, name)), ...sources]) {
    hash.update(`${path}\0`).update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}

const builtFrom = () => {
  try {
    return readFileSync(STAMP, 'utf8');
  } catch {
    return '';
  }
};

export async function build() {
  const wanted = fingerprint();
  if (builtFrom() === wanted) return;
  // Not among the answers of a command that is built first.
  console.error('  building …');
  rmSync(STAMP, { force: true });
  const steps = [
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
    [join(root, 'dist/worker/build-bundles.js')],
    [join(root, 'node_modules/vite/bin/vite.js'), 'build', '--config', 'src/dashboard/vite.config.mjs'],
  ];
  for (const step of steps) if ((await run(process.execPath, step)) !== 0) process.exit(1);
  mkdirSync(join(root, 'dist'), { recursive: true });
  // The compiler makes no program of it; `bin` of package.json names it.
  chmodSync(join(root, 'dist/cli/main.js'), 0o755);
  writeFileSync(STAMP, wanted);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build();
