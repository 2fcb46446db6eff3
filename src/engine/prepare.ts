import { setTimeout as sleep } from 'node:timers/promises';
import { msToTs } from '@temporalio/common/lib/time.js';
import type { Log } from '../log.js';
import type { Engine } from './connect.js';
import { EngineError } from './engine-error.js';

const RETENTION = msToTs('30 days');
/** Ids and labels, never content: the Web UI shows and searches them in clear. */
export const SEARCH_ATTRIBUTES = ['MsOrg', 'MsTenant', 'MsKind', 'MsAgent', 'MsStatus'] as const;
/** A cluster notices new namespaces within 10 s and new search attributes within a minute; the dev server within 1 s. */
const PATIENCE_MS = 90_000;
const RETRY_MS = 100;

/** INDEXED_VALUE_TYPE_KEYWORD of the Temporal API. */
const KEYWORD = 2;
/** Of gRPC. */
const STATUS = {
  invalidArgument: 3,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  unimplemented: 12,
  unauthenticated: 16,
};
const REFUSALS = [STATUS.permissionDenied, STATUS.unimplemented, STATUS.unauthenticated];

const statusOf = (error: unknown) =>
  error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : undefined;

/** Runs a call that another process may have made before us, or that a hosted Temporal may keep to itself. */
async function unlessRefused(call: () => Promise<unknown>, log: Log, what: string): Promise<void> {
  try {
    await call();
  } catch (error) {
    const status = statusOf(error);
    if (status === STATUS.alreadyExists) return;
    if (status === undefined || !REFUSALS.includes(status)) throw error;
    log.warn({ error }, `Temporal does not let us ${what}`);
  }
}

export type Lack = 'namespace' | 'search attributes';

/** What Mainspring needs and is not there. A count by every attribute succeeds only when all can be used, and needs no rights beyond reading. */
export async function lackOf({ client, namespace }: Engine): Promise<Lack | undefined> {
  const query = SEARCH_ATTRIBUTES.map((name) => `${name} = 'none'`).join(' OR ');
  try {
    await client.workflowService.countWorkflowExecutions({ namespace, query });
    return undefined;
  } catch (error) {
    if (statusOf(error) === STATUS.notFound) return 'namespace';
    if (statusOf(error) === STATUS.invalidArgument) return 'search attributes';
    throw error;
  }
}

async function createNamespace({ client, namespace }: Engine, log: Log): Promise<void> {
  await unlessRefused(
    () =>
      client.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: RETENTION }),
    log,
    `create the namespace ${namespace}`,
  );
}

async function createSearchAttributes({ connection, namespace }: Engine, log: Log): Promise<void> {
  await unlessRefused(
    async () => {
      const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
      const missing = SEARCH_ATTRIBUTES.filter((name) => !(name in customAttributes));
      const searchAttributes = Object.fromEntries(missing.map((name) => [name, KEYWORD]));
      if (missing.length > 0)
        await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
    },
    log,
    'create search attributes',
  );
}

async function supply(
  engine: Engine,
  lack: Lack,
  create: () => Promise<void>,
  patienceMs: number,
): Promise<void> {
  if ((await lackOf(engine)) !== lack) return;
  await create();
  const deadline = Date.now() + patienceMs;
  while ((await lackOf(engine)) === lack) {
    if (Date.now() > deadline) {
      throw new EngineError(
        `Temporal at ${engine.address} lacks the ${lack} that Mainspring needs: its administrator has to create the ` +
          `namespace ${engine.namespace} and in it the search attributes ${SEARCH_ATTRIBUTES.join(', ')} (Keyword).`,
      );
    }
    await sleep(RETRY_MS);
  }
}

/**
 * Makes sure that the namespace (a new one keeps what ended for 30 days) and the search attributes exist and can be
 * used. Any number of processes may do so at once. Where creating is not ours (Temporal Cloud), an {@link EngineError}
 * says what its administrator has to create.
 */
export async function prepareEngine(engine: Engine, log: Log, patienceMs = PATIENCE_MS): Promise<void> {
  try {
    await supply(engine, 'namespace', () => createNamespace(engine, log), patienceMs);
    await supply(engine, 'search attributes', () => createSearchAttributes(engine, log), patienceMs);
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    throw new EngineError(`Temporal at ${engine.address} cannot be prepared: ${String(cause)}.`, { cause });
  }
}
