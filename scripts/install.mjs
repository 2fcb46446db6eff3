/** Installs what package-lock.json asks for and node_modules lacks. No dependencies: it runs before there are any. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const packagesOf = (path) => {
  try {
    return JSON.parse(readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')).packages;
  } catch {
    return {};
  }
};

/** npm keeps a list of what it installed; packages for other platforms may be absent. */
function isComplete() {
  const installed = packagesOf('node_modules/.package-lock.json');
  return Object.entries(packagesOf('package-lock.json')).every(
    ([path, { version, optional, link }]) =>
      path === '' || optional || link || installed[path]?.version === version,
  );
}

/** Runs a command on our terminal; answers its exit code, or 1 when a signal ended it. */
export async function run(command, args, env = {}) {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  const pass = (signal) => child.kill(signal);
  process.on('SIGTERM', pass).on('SIGINT', pass);
  const [code] = await once(child, 'exit');
  process.off('SIGTERM', pass).off('SIGINT', pass);
  return code ?? 1;
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`Mainspring needs Node 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

/** The `npm` that runs us, else the one on the PATH. */
const npm = (args) =>
  process.env.npm_execpath ? run(process.execPath, [process.env.npm_execpath, ...args]) : run('npm', args);

export async function install() {
  requireNode();
  if (isComplete()) return;
  console.error('  installing dependencies (once, and after each change of them) …');
  const code = await npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
  if (code === 0) return;
  console.error('  npm ci did not work; its lines above tell why.');
  process.exit(1);
}
