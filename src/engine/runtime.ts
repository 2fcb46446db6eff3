import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Config } from '../config.js';
import type { Log } from '../log.js';
import { EngineError } from './engine-error.js';

/** What the SDK calls information is detail to whoever runs Mainspring. */
const LEVELS = { TRACE: 'debug', DEBUG: 'debug', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const;

const loggerFor = (log: Log) =>
  new DefaultLogger('TRACE', ({ level, message, meta }) => {
    const { workflowId, runId, activityType, taskQueue, attempt, sdkComponent, error } = { ...meta };
    const names = { workflow: workflowId, run: runId, activity: activityType, queue: taskQueue };
    log[LEVELS[level]]({ ...names, attempt, component: sdkComponent, error }, message);
  });

/**
 * Sets up the Temporal SDK of this process, before its first connection: its log lines go to ours, signals are left to
 * us, its metrics are served on METRICS_PORT (loopback) where that is set.
 */
export function installRuntime(
  { LOG_LEVEL, METRICS_PORT }: Pick<Config, 'LOG_LEVEL' | 'METRICS_PORT'>,
  log: Log,
): void {
  const bindAddress = `127.0.0.1:${METRICS_PORT}`;
  const metrics = { prometheus: { bindAddress, useSecondsForDurations: true } };
  const core = LOG_LEVEL === 'debug' ? 'DEBUG' : 'WARN';
  try {
    Runtime.install({
      logger: loggerFor(log),
      shutdownSignals: [],
      telemetryOptions: {
        logging: { filter: { core, other: 'ERROR' }, forward: {} },
        ...(METRICS_PORT === undefined ? {} : { metrics }),
      },
    });
  } catch (cause) {
    if (METRICS_PORT === undefined) throw cause;
    throw new EngineError(`nothing can listen on ${bindAddress}; set METRICS_PORT to a free port.`, {
      cause,
    });
  }
}
