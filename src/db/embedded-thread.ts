import type { MessagePort } from 'node:worker_threads';

/** What the thread is started with. */
export interface ThreadData {
  /** Where PGlite's module is: the thread's code has no place of its own from which it could look for it. */
  pgliteUrl: string;
  /** Absent: in memory. */
  folder?: string | undefined;
  /** A data directory as PGlite dumps it, to begin with. */
  image?: Uint8Array | undefined;
}

/** The thread answers wire protocol with wire protocol; besides that it says when it is ready, and is told to end. */
export type ThreadMessage = Uint8Array | 'ready' | 'end';

/**
 * Runs in a thread of its own, which evaluates the *text* of this function: so it is the same from `dist` and from
 * sources that a test runner transforms. It must not refer to anything outside itself but its type imports.
 *
 * It speaks PostgreSQL's wire protocol: each message in is what a client writes at once, up to a Sync, each message
 * out the whole answer. PGlite's own `query` costs four such rounds a statement.
 */
export async function runEmbeddedThread(): Promise<void> {
  const { parentPort, workerData } = await import('node:worker_threads');
  const port = parentPort as MessagePort;
  const { pgliteUrl, folder, image } = workerData as ThreadData;
  const { PGlite } = (await import(pgliteUrl)) as typeof import('@electric-sql/pglite');

  const [READY, READY_BYTES] = [0x5a, 6];
  const loadDataDir = image ? new Blob([image as Uint8Array<ArrayBuffer>]) : undefined;
  const database = await PGlite.create({
    dataDir: folder ?? 'memory://',
    ...(loadDataDir ? { loadDataDir } : {}),
  });
  port.on('message', (message: ThreadMessage) => {
    if (typeof message === 'string') {
      database.close().then(
        () => port.close(),
        // Nothing is lost: what was committed stands in the write-ahead log.
        () => port.close(),
      );
      return;
    }
    const answer = database.execProtocolRawSync(message);
    // Every answer ends with ReadyForQuery. PGlite swallows what aborts PostgreSQL and answers nothing: the client
    // would wait for ever, and whatever ran next would run on a broken state.
    if (answer.at(-READY_BYTES) !== READY)
      throw new Error('PostgreSQL broke off in the middle of a statement');
    port.postMessage(answer, [answer.buffer as ArrayBuffer]);
  });
  port.postMessage('ready');
}
