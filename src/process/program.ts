import { ConfigError, readConfig } from '../config.js';
import { createLog } from '../log.js';
import { banner } from './banner.js';
import { type Context, type OpenContext, openContext } from './context.js';
import { explain } from './explain.js';
import { type NamedPart, type RunningPart, shutDown } from './shutdown.js';
import { onStopSignal } from './signals.js';

type Facts = readonly (readonly [label: string, value: string])[];

export interface RunningApi extends RunningPart {
  /** Where it listens. */
  url: string;
  /** Lines for the banner, such as the demo key and an admin token. */
  facts?: Facts;
}

export interface RunningWorkers extends RunningPart {
  /** Lines for the banner, such as where a process without an API shows its metrics. */
  facts?: Facts;
  /** Rejects when a worker cannot go on; fulfilled after close. */
  ended: Promise<void>;
}

/** The parts that a process runs: both, or one of them beside other processes. */
export interface Starts {
  startApi?: (context: Context) => Promise<RunningApi>;
  startWorkers?: (context: Context) => Promise<RunningWorkers>;
}

/** The embedded database has one owner, so processes that share the work need a server. */
function requireShareable(isWhole: boolean, databaseUrl: string | undefined): void {
  if (isWhole || databaseUrl !== undefined) return;
  throw new ConfigError(
    'DATABASE_URL: must name a PostgreSQL server when API and workers run as separate processes',
  );
}

interface Running {
  context?: OpenContext;
  parts: NamedPart[];
}

const named = (name: string, part: RunningPart): NamedPart => ({
  name,
  beginShutdown: () => part.beginShutdown(),
  close: () => part.close(),
});

/** For a person in development, for a log in production. */
function greet(
  { config, log, address, database }: Context,
  { api, workers }: { api: RunningApi | undefined; workers: RunningWorkers | undefined },
): void {
  if (config.isProduction) {
    log.info({ api: api?.url, temporal: address }, 'Mainspring runs');
    return;
  }
  const isEmbedded = database.kind === 'embedded';
  const facts = [...(api?.facts ?? []), ...(workers?.facts ?? [])];
  const welcome = { apiUrl: api?.url, facts, temporalAddress: address, isEmbedded };
  process.stdout.write(banner(config, welcome));
}

async function start(
  { startApi, startWorkers }: Starts,
  running: Running,
  fail: (error: unknown) => void,
): Promise<void> {
  const isWhole = startApi !== undefined && startWorkers !== undefined;
  const config = readConfig();
  requireShareable(isWhole, config.DATABASE_URL);
  const report = (line: string) => process.stdout.write(`  ${line}\n`);
  const context = await openContext(config, createLog(config.LOG_LEVEL), { isWhole, report });
  running.context = context;
  const workers = await startWorkers?.(context);
  if (workers) running.parts.push(named('workers', workers));
  workers?.ended.catch(fail);
  const api = await startApi?.(context);
  if (api) running.parts.unshift(named('API', api));
  greet(context, { api, workers });
}

/** Runs until a signal or a fault ends it; exit code 0 when all was closed in time, else 1. */
export async function runProgram(starts: Starts): Promise<void> {
  const running: Running = { parts: [] };
  let isStopping = false;
  const stop = async (exitCode: number) => {
    if (isStopping) return;
    isStopping = true;
    const { context, parts } = running;
    const limitMs = (context?.config.SHUTDOWN_TIMEOUT_SECONDS ?? 0) * 1_000;
    context?.log.info({ limitMs }, 'Stopping: what is under way may end within the limit');
    const isClean = !context || (await shutDown(parts, context));
    context?.log.info({ status: isClean ? 'all closed' : 'left open' }, 'Stopped');
    process.exit(isClean ? exitCode : 1);
  };
  const fail = (error: unknown) => {
    // Once we are stopping, what breaks is what was being started.
    if (!isStopping) explain(error);
    void stop(1);
  };
  onStopSignal(() => void stop(0));
  await start(starts, running, fail).catch(fail);
}
