/** Starts the product on a scratch folder and free ports, finds its processes, kills and restarts them. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../scripts/free-port.mjs';
import { tree } from './machine.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const START_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 60_000;
const HEALING_MS = 20_000;

const isReady = async (url) => {
  try {
    return (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
};

/** Processes whose command line holds all of these words. */
function findProcesses(...words) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return words.every((word) => line.includes(word));
      } catch {
        return false; // It ended meanwhile.
      }
    })
    .map(Number);
}

/** A product that somebody else started: it can be measured, not killed. */
export function adopt(base, key) {
  return {
    base: new URL(base),
    keys: [key],
    isOurs: false,
    roles: {},
    pids: () => [],
    stop: async () => undefined,
  };
}

/**
 * `split` runs API and worker apart, which needs DATABASE_URL. `orgs` are organisations to make besides the demo one;
 * `keys` then holds a key of each, the demo key first.
 */
export async function startProduct({ folder, orgs = [], split = false, env: extra = {} }) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const [port, temporalPort, uiPort] = [await freePort(), await freePort(), await freePort()];
  const env = {
    ...process.env,
    PORT: String(port),
    WORKER_PORT: '0',
    HOST: '127.0.0.1',
    DATA_DIR: folder,
    TEMPORAL_PORT: String(temporalPort),
    TEMPORAL_UI_PORT: String(uiPort),
    RATE_LIMITS: 'off',
    LOG_LEVEL: 'warn',
    ...extra,
  };
  const url = `http://127.0.0.1:${port}`;
  const processes = new Map();
  let adminToken = '';
  const programs = split
    ? { worker: 'dist/worker/main.js', api: 'dist/api/main.js' }
    : { product: 'dist/main.js' };

  function launch(role) {
    const child = spawn(process.execPath, ['--max-semi-space-size=32', programs[role]], {
      cwd: ROOT,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log = createWriteStream(path.join(folder, `${role}.log`), { flags: 'a' });
    child.stdout.pipe(log);
    child.stdout.on('data', (data) => {
      adminToken = /Admin token +(\S+)/.exec(data.toString())?.[1] ?? adminToken;
    });
    child.stderr.pipe(log);
    processes.set(role, child);
  }

  async function untilReady() {
    const deadline = Date.now() + START_LIMIT_MS;
    while (!(await isReady(url))) {
      for (const [role, child] of processes) {
        if (child.exitCode !== null)
          throw new Error(`${role} ended with ${child.exitCode}, see ${folder}/${role}.log`);
      }
      if (Date.now() > deadline) throw new Error(`${url} is not ready, see ${folder}`);
      await sleep(50);
    }
  }

  const temporalPids = () => findProcesses('start-dev', String(temporalPort));
  async function end(role) {
    if (!isRunning(role)) return;
    const child = processes.get(role);
    const ended = once(child, 'exit');
    const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    child.kill('SIGTERM');
    await ended;
    clearTimeout(limit);
  }
  const isRunning = (role) =>
    processes.get(role)?.exitCode === null && processes.get(role)?.signalCode === null;

  const keys = ['mnt_demo_key_pro'];
  for (const org of orgs) keys.push(await makeOrganisation(org, env));
  for (const role of Object.keys(programs)) launch(role);
  await untilReady();

  return {
    base: new URL(url),
    keys,
    isOurs: true,
    /** Of the demo organisation, as the start prints it. */
    adminToken: () => adminToken,
    temporalAddress: `127.0.0.1:${temporalPort}`,
    /** What can be killed, by name. */
    roles: { ...programs, temporal: 'the Temporal server' },
    /** All processes, or those of Mainspring itself without Temporal. */
    pids(which = 'all') {
      const temporal = temporalPids();
      const all = [...processes.values()]
        .filter(({ pid }) => pid !== undefined)
        .flatMap(({ pid }) => tree(pid));
      const own = all.filter((pid) => !temporal.includes(pid));
      return which === 'all' ? [...new Set([...own, ...temporal])] : own;
    },
    /** kill -9 of one role; answers when it is gone. */
    async kill(role) {
      if (role === 'temporal') {
        for (const pid of temporalPids()) process.kill(pid, 'SIGKILL');
        while (temporalPids().length > 0) await sleep(10);
        return;
      }
      const child = processes.get(role);
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
    /**
     * Starts again whatever does not run, and waits until all is ready. A product that runs but has lost its Temporal
     * server gets some time to bring it back; then it is stopped and started as a person would. Answers which it was.
     */
    async restart() {
      const deadline = Date.now() + HEALING_MS;
      while (Object.keys(programs).every(isRunning) && Date.now() < deadline) {
        if (await isReady(url)) return 'healed';
        await sleep(100);
      }
      const lost = Object.keys(programs).filter((role) => !isRunning(role));
      for (const role of lost.length > 0 ? lost : Object.keys(programs)) {
        await end(role);
        launch(role);
      }
      await untilReady();
      return 'restarted';
    },
    async stop() {
      for (const role of processes.keys()) await end(role);
      for (const pid of temporalPids()) process.kill(pid, 'SIGTERM');
    },
  };
}

/** Makes an organisation by what npm run orgs runs; answers its first key. */
async function makeOrganisation(name, env) {
  const command = promisify(execFile);
  const { stdout } = await command(process.execPath, ['dist/cli/main.js', 'orgs', 'create', name], {
    cwd: ROOT,
    env,
  });
  const [key] = /mnt_[A-Za-z0-9_-]+/.exec(stdout) ?? [];
  if (!key) throw new Error(`no key for ${name} in: ${stdout}`);
  return key;
}

/** Starts the sink as a process of its own. */
export async function startSink(env = {}) {
  const child = spawn(process.execPath, [path.join(ROOT, 'bench/sink.mjs')], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data');
  const url = `http://127.0.0.1:${JSON.parse(line.toString()).port}`;
  return {
    url,
    pid: child.pid,
    stats: async (tag, since = 0) => (await fetch(`${url}/stats/${tag}?since=${since}`)).json(),
    stop: () => child.kill('SIGTERM'),
  };
}
