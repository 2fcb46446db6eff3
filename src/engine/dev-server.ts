import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { EngineError } from './engine-error.js';
import { requireFreePort } from './port.js';
import {
  type RunningProcess,
  seenProcess,
  signalProcess,
  stillRuns,
  stopProcess,
} from './running-process.js';
import { serverArguments } from './server-arguments.js';

const START_LIMIT_MS = 60_000;
/** It looks for free ports for its inner services before it listens on them, and another program may be quicker. */
const STARTS = 3;
/** It needs three seconds. */
const STOP_LIMIT_MS = 15_000;
const LOG_LIMIT_BYTES = 20_000_000;
const LOOK_EVERY_MS = 500;

export interface DevServerSettings {
  /** Absolute: the database file in it tells this server from others. */
  dataDir: string;
  port: number;
  uiPort: number;
}

export interface DevServer {
  address: string;
  /** Found running: a start before this one did not live to stop it. */
  wasAdopted: boolean;
  /** Fulfilled when its process is gone, whoever ended it. */
  ended: Promise<void>;
  stop(): Promise<void>;
}

const Seen = z.object({ pid: z.number().int(), command: z.string() });
/** `<dataDir>/temporal.json`: the server that runs on this folder, and the Mainspring that will stop it. */
const Tenancy = z.object({ server: Seen, owner: Seen });

const tenancyFile = (dataDir: string) => join(dataDir, 'temporal.json');
const logFile = (dataDir: string) => join(dataDir, 'temporal.log');

async function readTenancy(dataDir: string): Promise<z.infer<typeof Tenancy> | undefined> {
  const text = await readFile(tenancyFile(dataDir), 'utf8').catch(() => '');
  if (text === '') return undefined;
  const parsed = Tenancy.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : undefined;
}

async function writeTenancy(dataDir: string, server: RunningProcess): Promise<void> {
  const owner = seenProcess(process.pid) ?? { pid: process.pid, command: process.argv.join(' ') };
  const draft = `${tenancyFile(dataDir)}.${process.pid}`;
  await writeFile(draft, JSON.stringify({ server, owner }));
  await rename(draft, tenancyFile(dataDir));
}

/** Whether the server of this folder runs, ours or left by a Mainspring that was killed. */
export async function hasDevServer(dataDir: string): Promise<boolean> {
  const tenancy = await readTenancy(dataDir);
  return tenancy !== undefined && stillRuns(tenancy.server);
}

/** Of a process that is not our child, so that nobody tells us of its end. */
async function untilGone(server: RunningProcess): Promise<void> {
  while (stillRuns(server)) await sleep(LOOK_EVERY_MS, undefined, { ref: false });
}

/** `exited` says when a child has ended; a server that was adopted is looked after instead. */
function owned(settings: DevServerSettings, server: RunningProcess, exited?: Promise<unknown>): DevServer {
  // Whatever ends this process in a hurry: the server, in a process group of its own, would outlive it.
  const endServer = () => signalProcess(server.pid, 'SIGTERM');
  process.once('exit', endServer);
  // Its id may be another's from then on.
  const ended = (exited ?? untilGone(server)).then(() => void process.off('exit', endServer));
  return {
    address: `127.0.0.1:${settings.port}`,
    wasAdopted: exited === undefined,
    ended,
    async stop() {
      await stopProcess(server, STOP_LIMIT_MS);
      process.off('exit', endServer);
      await rm(tenancyFile(settings.dataDir), { force: true });
    },
  };
}

const argumentsOf = ({ dataDir, port, uiPort }: DevServerSettings) =>
  serverArguments({ port, uiPort, databaseFile: join(dataDir, 'temporal.db') });

const accepts = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

/** Undefined, and nothing runs, when it ended before it listened or took too long. */
async function whenListening(
  devServer: DevServer,
  { port }: DevServerSettings,
  server: RunningProcess,
): Promise<DevServer | undefined> {
  const deadline = Date.now() + START_LIMIT_MS;
  while (!(await accepts(port))) {
    if (!stillRuns(server) || Date.now() > deadline) {
      await devServer.stop();
      return undefined;
    }
    await sleep(50);
  }
  return devServer;
}

async function didNotStart(dataDir: string): Promise<EngineError> {
  const text = await readFile(logFile(dataDir), 'utf8').catch(() => '');
  const lastWords = text.trimEnd().split('\n').at(-1)?.slice(0, 500) ?? '';
  return new EngineError(`the Temporal server did not start; ${logFile(dataDir)} tells why: ${lastWords}`);
}

/**
 * The server that runs on this folder since a Mainspring was killed, or undefined. One that was started with other
 * settings (another port, an older version of Mainspring) is stopped. Throws when a living Mainspring owns it.
 */
export async function adoptDevServer(settings: DevServerSettings): Promise<DevServer | undefined> {
  const tenancy = await readTenancy(settings.dataDir);
  if (!tenancy || !stillRuns(tenancy.server)) return undefined;
  const { server, owner } = tenancy;
  // In containers a start can be given the process id of the one before it.
  if (owner.pid !== process.pid && stillRuns(owner)) {
    throw new EngineError(`${settings.dataDir} is in use by another Mainspring (process ${owner.pid}).`);
  }
  if (!server.command.endsWith(argumentsOf(settings).join(' '))) {
    await stopProcess(server, STOP_LIMIT_MS);
    return undefined;
  }
  await writeTenancy(settings.dataDir, server);
  return whenListening(owned(settings, server), settings, server);
}

async function openLog(path: string): Promise<number> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size > LOG_LIMIT_BYTES) await rename(path, `${path}.1`);
  return openSync(path, 'a');
}

async function startOnce(cliPath: string, settings: DevServerSettings): Promise<DevServer | undefined> {
  await requireFreePort(settings.port, 'TEMPORAL_PORT');
  await requireFreePort(settings.uiPort, 'TEMPORAL_UI_PORT');
  await mkdir(settings.dataDir, { recursive: true });
  const output = await openLog(logFile(settings.dataDir));
  // In a process group of its own: Ctrl-C reaches Mainspring alone, which stops it last.
  const child = spawn(cliPath, argumentsOf(settings), { detached: true, stdio: ['ignore', output, output] });
  closeSync(output);
  child.unref();
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const cause = await once(child, 'spawn').catch((error: unknown) => error);
  const server = child.pid === undefined ? undefined : seenProcess(child.pid);
  if (!server)
    throw new EngineError(`${cliPath} cannot be run; ${logFile(settings.dataDir)} may tell why.`, { cause });
  const devServer = owned(settings, server, exited);
  await writeTenancy(settings.dataDir, server);
  return whenListening(devServer, settings, server);
}

/** Starts a server on this folder and answers once it listens. Its output goes to `<dataDir>/temporal.log`. */
export async function startDevServer(cliPath: string, settings: DevServerSettings): Promise<DevServer> {
  for (let start = 1; start <= STARTS; start++) {
    const devServer = await startOnce(cliPath, settings);
    if (devServer) return devServer;
  }
  throw await didNotStart(settings.dataDir);
}
