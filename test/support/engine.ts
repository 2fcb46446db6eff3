import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import {
  DefaultLogger,
  type NativeConnection,
  Runtime,
  Worker,
  type WorkerOptions,
} from '@temporalio/worker';
import { readConfig } from '../../src/config.js';
import { connectEngine } from '../../src/engine/connect.js';
import { dataConverterOf } from '../../src/engine/data-converter.js';
import { prepareEngine } from '../../src/engine/prepare.js';
import { installRuntime } from '../../src/engine/runtime.js';
import type { Log } from '../../src/log.js';
import { silentLog } from './databases.js';

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is set by test/support/global-setup.mjs`);
  return value;
}

/** The run's Temporal server, in a namespace that no other test file uses: task queues have the same names in all. */
export interface TestEngine {
  client: Client;
  connection: NativeConnection;
  namespace: string;
  address: string;
  /** Runs a worker on the run's workflow bundle until the function ends. */
  withWorker<T>(
    options: Omit<WorkerOptions, 'connection' | 'namespace'>,
    during: () => Promise<T>,
  ): Promise<T>;
  close(): Promise<void>;
}

export const testAddress = () => required('MAINSPRING_TEST_TEMPORAL');
/** Of all workflows, for `Worker.create({ workflowBundle })`. */
export const testBundle = () => ({ codePath: required('MAINSPRING_TEST_BUNDLE') });

let isInstalled = false;
export function quietRuntime(): void {
  if (!isInstalled) Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  isInstalled = true;
}

/** Instead of {@link quietRuntime}, before anything is opened: all that the SDK says goes to this log. */
export function tellingRuntime(log: Log, metricsPort: number): void {
  installRuntime({ LOG_LEVEL: 'debug', METRICS_PORT: metricsPort }, log);
  isInstalled = true;
}

/** Takes about a second, the time until a new namespace can be used. Jest runs each test file apart: once a file. */
export async function openTestEngine(env: Record<string, string> = {}): Promise<TestEngine> {
  quietRuntime();
  const config = readConfig(env);
  const namespace = `test-${randomUUID()}`;
  const engine = await connectEngine(config, { namespace, options: { address: testAddress() } });
  await prepareEngine(engine, silentLog);
  const { client, connection, address } = engine;
  return {
    ...{ client, connection, namespace, address },
    async withWorker(options, during) {
      const worker = await Worker.create({
        ...{ connection, namespace, dataConverter: dataConverterOf(config) },
        // Waiting for pollers would cost every test a second.
        shutdownForceTime: '5s',
        ...(options.workflowsPath === undefined ? { workflowBundle: testBundle() } : {}),
        ...options,
      });
      return worker.runUntil(during);
    },
    close: () => connection.close(),
  };
}
