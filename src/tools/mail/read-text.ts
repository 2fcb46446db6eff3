import { Worker } from 'node:worker_threads';
import { InvalidInput } from '../../plugin/define-tool.js';
import type { DocumentType } from './document-type.js';
import { type ReadJob, type ReadResult, runReadThread } from './read-thread.js';

export interface DocumentBytes {
  type: DocumentType;
  /** As its server says, or null. */
  charset: string | null;
  bytes: Uint8Array;
}

/** About 25,000 tokens; together with the next line it fits into the record of a call. */
const MOST_CHARACTERS = 100_000;
const MOST_BYTES = 200_000;
const LONGEST_MS = 20_000;
const HEAP_MB = 256;

/** Keeps what a model takes; a character is never cut in half. */
function bounded({ text, title, isCut }: Extract<ReadResult, { kind: 'read' }>): Readout {
  const clean = text.replaceAll('\0', '').trim();
  let kept = clean.slice(0, MOST_CHARACTERS);
  while (Buffer.byteLength(kept) > MOST_BYTES) kept = kept.slice(0, Math.floor(kept.length * 0.9));
  kept = kept.replace(/[\ud800-\udbff]$/, '');
  return {
    text: kept,
    title: title === null ? null : title.replaceAll('\0', '').trim().slice(0, 300) || null,
    isCut: isCut || kept.length < clean.length,
  };
}

/** What was read of a document. */
export interface Readout {
  text: string;
  title: string | null;
  /** There is more of it. */
  isCut: boolean;
}

const unreadable = (why: string) => new InvalidInput(`the document cannot be read: ${why}`);

/** What a thread came to that reads one document and ends. */
function readInThread(job: ReadJob, signal: AbortSignal): Promise<ReadResult> {
  return new Promise((resolve, reject) => {
    // The text of the function: the same from `dist` and from sources that a test runner transforms.
    const thread = new Worker(`(${runReadThread})()`, {
      eval: true,
      workerData: job,
      env: {},
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    const stop = () => void thread.terminate();
    const timer = setTimeout(() => {
      reject(unreadable(`it takes longer than ${LONGEST_MS / 1_000} s`));
      stop();
    }, LONGEST_MS);
    signal.addEventListener('abort', stop, { once: true });
    thread.once('message', (result: ReadResult) => {
      resolve(result);
      stop();
    });
    thread.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? unreadable('it needs too much memory') : error),
    );
    thread.once('exit', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      reject(signal.aborted ? signal.reason : unreadable('its reader ended'));
    });
  });
}

/**
 * The text of a document, as much of it as a model takes. It is read in a thread of its own, so that one that takes
 * long holds up nobody else. Throws an {@link InvalidInput} where it cannot be read.
 */
export async function readText(
  { type, charset, bytes }: DocumentBytes,
  signal: AbortSignal,
): Promise<Readout> {
  signal.throwIfAborted();
  const result = await readInThread(
    {
      ...{ type, charset, bytes, mostCharacters: MOST_CHARACTERS },
      htmlReader: import.meta.resolve('html-to-text'),
      pdfReader: import.meta.resolve('unpdf'),
    },
    signal,
  );
  if (result.kind === 'unreadable') throw unreadable(result.message);
  return bounded(result);
}
