import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { findCli } from '../../../src/engine/find-cli.js';
import { startPostgres } from '../../support/postgres-server.js';
import { apiProgram, isHealthy, makeOrganisation, temporalProgram, workerProgram } from './mainspring.js';
import { takePort } from './ports.js';
import { atExit, type Program } from './program.js';
import { makeScratch } from './scratch.js';

/** What loses its life, and comes back. */
export interface Victim {
  name: string;
  isRunning(): boolean;
  kill(): Promise<void>;
  /** Answers when it does its work again. */
  start(): Promise<void>;
  /** Stops all of it where it is, or lets it go on. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
}

/** Mainspring as it grows up: processes of its own for all that it is made of. */
export interface Cluster {
  folder: string;
  orgId: string;
  /** Of the APIs. */
  urls: string[];
  key: string;
  adminToken: string;
  temporalAddress: string;
  databaseUrl: string;
  apis: Program[];
  workers: Program[];
  temporal: Victim;
  database: Victim;
  areHealthy(): Promise<boolean>;
  /** Ends everything; keeps the folder with all logs where it is asked to. */
  close(wish: { keepFolder: boolean }): Promise<void>;
}

export const ORG = 'chaos';

/** The environment of every Mainspring process here: in development loopback may be called. */
export const productEnv = (): Record<string, string> => ({
  NODE_ENV: 'development',
  HOST: '127.0.0.1',
  RATE_LIMITS: 'off',
  SECRET_KEYS: `chaos:${randomBytes(32).toString('base64')}`,
  LOG_LEVEL: 'debug',
});

export const findTemporal = () => findCli(resolve('.mainspring'), (line) => console.log(`  ${line}`));

interface ClusterDatabase extends Victim {
  url: string;
  end(wish: { keepFolder: boolean }): Promise<void>;
}

async function startDatabase(folder: string): Promise<ClusterDatabase> {
  // fsync on: what it confirms is on disk, as in production.
  const server = await startPostgres({ parent: folder, port: await takePort(), isDurable: true });
  if (!server) throw new Error('PostgreSQL is not installed: the scenarios on several processes need it');
  const forget = atExit(() => server.signal('SIGKILL'));
  let isRunning = true;
  const kill = async () => {
    await server.kill();
    isRunning = false;
  };
  return {
    name: 'database',
    url: server.url,
    signal: server.signal,
    isRunning: () => isRunning,
    kill,
    async start() {
      isRunning = true;
      await server.start();
    },
    async end({ keepFolder }) {
      await kill();
      if (!keepFolder) await server.stop();
      forget();
    },
  };
}

const urlOf = (port: number) => `http://127.0.0.1:${port}`;

export async function startCluster({ apis = 2, workers = 2 } = {}): Promise<Cluster> {
  const scratch = makeScratch('cluster');
  const { folder } = scratch;
  const [database, cli] = await Promise.all([startDatabase(folder), findTemporal()]);
  const [temporalPort, uiPort] = [await takePort(), await takePort()];
  const temporal = temporalProgram(cli, folder, temporalPort, uiPort);
  const temporalAddress = `127.0.0.1:${temporalPort}`;
  const env = {
    ...productEnv(),
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: temporalAddress,
    DATA_DIR: folder,
  };
  const makeAll = async (count: number, make: (index: number, port: number) => Program) => {
    const ports = await Promise.all(Array.from({ length: count }, takePort));
    return {
      urls: ports.map(urlOf),
      programs: ports.map((port, index) => make(index + 1, port)),
    };
  };
  const { urls, programs: apiPrograms } = await makeAll(apis, (index, port) =>
    apiProgram(`api-${index}`, { folder, env: { ...env, PORT: String(port) } }, urlOf(port)),
  );
  const { urls: workerUrls, programs: workerPrograms } = await makeAll(workers, (index, port) =>
    workerProgram(`worker-${index}`, { folder, env: { ...env, WORKER_PORT: String(port) } }, urlOf(port)),
  );
  const all = [...apiPrograms, ...workerPrograms, temporal];

  async function close({ keepFolder }: { keepFolder: boolean }) {
    for (const program of all) await program.kill();
    await database.end({ keepFolder });
    if (keepFolder) scratch.keep();
    else scratch.remove();
  }

  try {
    await temporal.start();
    const { key, adminToken } = await makeOrganisation(ORG, env);
    await Promise.all([...apiPrograms, ...workerPrograms].map((program) => program.start()));
    return {
      ...{
        folder,
        orgId: ORG,
        urls,
        key,
        adminToken,
        temporalAddress,
        databaseUrl: database.url,
        temporal,
        database,
        close,
      },
      apis: apiPrograms,
      workers: workerPrograms,
      areHealthy: async () => (await Promise.all([...urls, ...workerUrls].map(isHealthy))).every(Boolean),
    };
  } catch (error) {
    await close({ keepFolder: true });
    throw new Error(`the processes did not start: ${String(error)}`, { cause: error });
  }
}
