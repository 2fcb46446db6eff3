import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import {
  NativeConnection,
  type NativeConnectionOptions,
  type NativeConnectionPlugin,
} from '@temporalio/worker';
import type { Config } from '../config.js';
import { dataConverterOf } from './data-converter.js';
import { EngineError } from './engine-error.js';

const FRONTEND = 'temporal.api.workflowservice.v1.WorkflowService';
const SERVING = 1;
const RETRY_MS = 250;

/** Temporal as the program sees it: one connection, which client and workers of a process share. */
export interface Engine {
  address: string;
  namespace: string;
  connection: NativeConnection;
  client: Client;
}

/** Where Temporal is, and how to be let in. */
export interface EngineLocation {
  namespace: string;
  options: NativeConnectionOptions & { address: string };
}

/** TLS, API key and headers: from the environment as Temporal's SDKs read it, and from the profile that is asked for. */
function readProfile({ TEMPORAL_PROFILE: profile, TEMPORAL_CONFIG_FILE: path }: Config) {
  // No other profile: a start on a developer's machine must not turn to the cluster of another project.
  const disableFile = profile === undefined && path === undefined;
  try {
    return loadClientConnectConfig({
      disableFile,
      ...(profile === undefined ? {} : { profile }),
      ...(path === undefined ? {} : { configSource: { path } }),
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EngineError(`Temporal's own configuration cannot be read: ${reason}.`, { cause });
  }
}

/** What TEMPORAL_ADDRESS or a profile of Temporal's own configuration says; undefined: a server of our own. */
export function configuredLocation(config: Config): EngineLocation | undefined {
  const { TEMPORAL_ADDRESS, TEMPORAL_PROFILE, TEMPORAL_CONFIG_FILE, TEMPORAL_API_KEY: apiKey } = config;
  if (TEMPORAL_ADDRESS === undefined && TEMPORAL_PROFILE === undefined && TEMPORAL_CONFIG_FILE === undefined)
    return undefined;
  const { connectionOptions, namespace = config.TEMPORAL_NAMESPACE } = readProfile(config);
  const address = TEMPORAL_ADDRESS ?? connectionOptions.address;
  if (address === undefined)
    throw new EngineError("Temporal's own configuration names no address; set TEMPORAL_ADDRESS.");
  const withKey = apiKey === undefined ? {} : { apiKey, tls: connectionOptions.tls ?? true };
  return { namespace, options: { ...connectionOptions, ...withKey, address } };
}

const REASONS: [RegExp, string][] = [
  [/connection refused/i, 'nothing listens there'],
  [/dns error|lookup address/i, 'its name is unknown'],
  [/certificate|tls|handshake/i, 'its TLS certificate or ours is not accepted'],
  [/unauthenticated|permission|unauthorized/i, 'it refuses our credentials'],
  [/timed out|deadline/i, 'it does not answer'],
];
const reasonOf = (error: unknown) =>
  REASONS.find(([pattern]) => pattern.test(String(error)))?.[1] ??
  'what answers there is not a Temporal server';

async function attempt(options: EngineLocation['options'], deadline: number): Promise<NativeConnection> {
  const limit = new AbortController();
  const late = sleep(Math.max(deadline - Date.now(), 1), undefined, { signal: limit.signal }).then(() => {
    throw new Error('timed out');
  });
  try {
    const connection = await Promise.race([NativeConnection.connect(options), late]);
    const { status } = await connection.withDeadline(deadline, () =>
      connection.healthService.check({ service: FRONTEND }),
    );
    if (status === SERVING) return connection;
    await connection.close();
    throw new Error('timed out');
  } finally {
    limit.abort();
    late.catch(() => undefined);
  }
}

/** Connects, trying for `patienceMs`; client and workers of the connection have its plugins; an {@link EngineError} says why it could not. */
export async function connectEngine(
  config: Pick<Config, 'PAYLOAD_KEYS'>,
  { options, namespace }: EngineLocation,
  { plugins = [], patienceMs = 8_000 }: { plugins?: NativeConnectionPlugin[]; patienceMs?: number } = {},
): Promise<Engine> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      const connection = await attempt({ ...options, plugins }, deadline);
      const client = new Client({ connection, namespace, dataConverter: dataConverterOf(config) });
      return { address: options.address, namespace, connection, client };
    } catch (cause) {
      if (Date.now() + RETRY_MS < deadline) await sleep(RETRY_MS);
      else
        throw new EngineError(`Temporal cannot be reached at ${options.address}: ${reasonOf(cause)}.`, {
          cause,
        });
    }
  }
}
