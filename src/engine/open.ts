import { resolve } from 'node:path';
import type { NativeConnectionPlugin } from '@temporalio/worker';
import type { Config } from '../config.js';
import type { Log } from '../log.js';
import { configuredLocation, connectEngine, type Engine, type EngineLocation } from './connect.js';
import { adoptDevServer, startDevServer } from './dev-server.js';
import { findCli } from './find-cli.js';
import { type KeptServer, keepRunning } from './keep-running.js';
import { prepareEngine } from './prepare.js';
import type { Report } from './report.js';

/** The engine of a process, and the server that it may have started for it. */
export interface OpenEngine extends Engine {
  /** After the workers that use it have ended. */
  closeConnection(): Promise<void>;
  /** Stops the server if it is ours. */
  stopServer(): Promise<void>;
}

async function ownServer(config: Config, log: Log, report: Report): Promise<KeptServer> {
  const dataDir = resolve(config.DATA_DIR);
  const settings = { dataDir, port: config.TEMPORAL_PORT, uiPort: config.TEMPORAL_UI_PORT };
  const adopted = await adoptDevServer(settings);
  if (adopted) report('Temporal is running since an earlier start; it is used again');
  const start = async () => startDevServer(await findCli(dataDir, report), settings);
  return keepRunning(adopted ?? (await start()), start, log);
}

/** Of a process that runs beside others (`npm run api`, `npm run worker`): a server on this machine that it does not own. */
const localLocation = (config: Config): EngineLocation => ({
  namespace: config.TEMPORAL_NAMESPACE,
  options: { address: `127.0.0.1:${config.TEMPORAL_PORT}` },
});

export interface EngineWishes {
  /** Whether a dev server is started where no other Temporal is configured. */
  maySpawn: boolean;
  /** Of the connection, and so of the client and the workers. */
  plugins: NativeConnectionPlugin[];
  report: Report;
}

/** Finds or starts Temporal, connects and prepares it. Throws an EngineError; a server that it started is stopped then. */
export async function openEngine(
  config: Config,
  log: Log,
  { maySpawn, report, plugins }: EngineWishes,
): Promise<OpenEngine> {
  const configured = configuredLocation(config);
  const server = configured === undefined && maySpawn ? await ownServer(config, log, report) : undefined;
  try {
    const engine = await connectEngine(config, configured ?? localLocation(config), { plugins });
    await prepareEngine(engine, log);
    return {
      ...engine,
      closeConnection: () => engine.connection.close(),
      stopServer: async () => server?.stop(),
    };
  } catch (error) {
    await server?.stop();
    throw error;
  }
}
