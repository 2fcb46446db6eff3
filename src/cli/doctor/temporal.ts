import { resolve } from 'node:path';
import type { Config } from '../../config.js';
import { requireGo } from '../../engine/build-cli.js';
import { configuredLocation, connectEngine, type Engine, type EngineLocation } from '../../engine/connect.js';
import { hasDevServer } from '../../engine/dev-server.js';
import { requireDownload } from '../../engine/download-cli.js';
import { lookForCli } from '../../engine/find-cli.js';
import { requireFreePort } from '../../engine/port.js';
import { lackOf, SEARCH_ATTRIBUTES } from '../../engine/prepare.js';
import { installRuntime } from '../../engine/runtime.js';
import { createLog } from '../../log.js';
import { askApi } from './ask-api.js';
import { type Check, type Finding, fail, ok, type Patient, warn } from './check.js';

const PATIENCE_MS = 3_000;

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

async function lookAtEngine(engine: Engine): Promise<Finding> {
  const { address, namespace, client } = engine;
  const { serverVersion } = await client.workflowService.getSystemInfo({});
  const found = `${serverVersion ?? 'a server'} at ${address}, namespace ${namespace}`;
  const lack = await lackOf(engine);
  if (lack === undefined) return ok(`${found} with its search attributes`);
  const mend =
    `A start creates what is missing where it may. Else its administrator has to: the namespace ${namespace}, ` +
    `and in it the search attributes ${SEARCH_ATTRIBUTES.join(', ')} (Keyword).`;
  return warn(`${found}: no ${lack} yet`, mend);
}

async function lookAtServer(config: Config, location: EngineLocation): Promise<Finding> {
  installRuntime({ LOG_LEVEL: 'error', METRICS_PORT: undefined }, createLog('error'));
  let engine: Engine;
  try {
    engine = await connectEngine(config, location, { patienceMs: PATIENCE_MS });
  } catch (error) {
    const mend =
      'Start it, or correct TEMPORAL_ADDRESS (host:port), TEMPORAL_API_KEY and TEMPORAL_TLS…; without TEMPORAL_ADDRESS mainspring start runs one of its own.';
    return fail(messageOf(error), mend);
  }
  try {
    return await lookAtEngine(engine);
  } finally {
    await engine.connection.close();
  }
}

/** What a start would run. */
async function lookForEmbedded(dataDir: string): Promise<Finding> {
  const { path, failures } = await lookForCli(dataDir);
  if (path !== undefined) return ok(`mainspring start runs ${path}`);
  const ways = await Promise.allSettled([requireDownload(), requireGo()]);
  const [download, build] = ways.map(({ status }) => status === 'fulfilled');
  if (download) return ok('mainspring start downloads the Temporal CLI, once');
  if (build) return ok('mainspring start builds the Temporal CLI with Go, once, in some minutes');
  const reasons = ways.flatMap((way) => (way.status === 'rejected' ? [messageOf(way.reason)] : []));
  return fail(
    `none can be started (${[...failures, ...reasons].join('; ')})`,
    `Set TEMPORAL_ADDRESS to a server that runs, or put the Temporal CLI 1.5 or newer on the PATH or into ${dataDir}/bin, or install Go 1.21.`,
  );
}

async function lookAtOwn({ config, api }: Patient): Promise<Finding> {
  const dataDir = resolve(config.DATA_DIR);
  const options = { address: `127.0.0.1:${config.TEMPORAL_PORT}` };
  if (await hasDevServer(dataDir))
    return lookAtServer(config, { namespace: config.TEMPORAL_NAMESPACE, options });
  try {
    await requireFreePort(config.TEMPORAL_PORT, 'TEMPORAL_PORT');
    await requireFreePort(config.TEMPORAL_UI_PORT, 'TEMPORAL_UI_PORT');
  } catch (error) {
    if ((await askApi(`${api.url}/livez`)) !== null)
      return warn(
        messageOf(error),
        `If that is the Temporal of the Mainspring at ${api.url}, all is well: its own folder (DATA_DIR) would tell.`,
      );
    return fail(
      messageOf(error),
      'If that is a Temporal server which Mainspring may use, name it: TEMPORAL_ADDRESS.',
    );
  }
  return lookForEmbedded(dataDir);
}

/** The server that is configured, or the one that a start runs. */
export const temporalCheck: Check = {
  name: 'Temporal',
  look(patient) {
    const { config } = patient;
    const location = configuredLocation(config);
    return location === undefined ? lookAtOwn(patient) : lookAtServer(config, location);
  },
};
