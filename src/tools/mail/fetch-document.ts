import { z } from 'zod';
import type { GuardedFetch } from '../../outbound/guarded-fetch.js';
import { OutboundError, type OutboundFailure } from '../../outbound/outbound-error.js';
import { InvalidInput } from '../../plugin/define-tool.js';
import { WebUrl } from '../../schemas/channel-fields.js';
import { defineBuiltin } from '../builtin.js';
import { failureOf, RemoteToolError } from '../remote-tool.js';
import { documentTypeOf, READABLE } from './document-type.js';
import { readText } from './read-text.js';

/** A document as a model can be given it. */
export interface ReadDocument {
  url: string;
  /** Media type. */
  type: string;
  title: string | null;
  text: string;
  /** Of `text`. */
  characters: number;
  /** There is more of it. */
  isCut: boolean;
}

/** Of these no further attempt comes to anything else. */
const FINAL: Partial<Record<OutboundFailure, string>> = {
  address_not_allowed: 'is at an address that may not be reached',
  url_not_allowed: 'is at an address that may not be reached',
  redirected: 'is somewhere else: its address answers a redirect, which is not followed',
  answer_too_large: 'is larger than 10 MB',
};
/** Refusals of a request that may be answered another time. */
const FOR_NOW = [408, 425, 429];

const wrong = (what: string) => new InvalidInput(`the document ${what}`);

function reasonOf(error: unknown): unknown {
  const failure = error instanceof OutboundError ? FINAL[error.failure] : undefined;
  return failure === undefined ? failureOf(error) : wrong(failure);
}

async function download(fetch: GuardedFetch, url: string, signal: AbortSignal) {
  try {
    const response = await fetch(url, { signal, headers: { accept: READABLE.join(', ') } });
    const { status } = response;
    const isFinal = status >= 400 && status < 500 && !FOR_NOW.includes(status);
    if (!response.ok) {
      await response.body?.cancel();
      if (isFinal) throw wrong(`cannot be had: ${new URL(url).host} answered ${status}`);
      throw new RemoteToolError(`the document's server answered ${status}`);
    }
    const type = documentTypeOf(response.headers.get('content-type'), url);
    if (type === null) {
      await response.body?.cancel();
      throw wrong(`is of a type that cannot be read; readable are ${READABLE.join(', ')}`);
    }
    return { ...type, bytes: new Uint8Array(await response.arrayBuffer()) };
  } catch (error) {
    throw reasonOf(error);
  }
}

/** Fetches a document and reads its text: at most 10 MB within 30 s, and of its text what a model takes. */
export const fetchDocument = defineBuiltin({
  name: 'fetch_document',
  version: '1.0',
  category: 'documents',
  description: 'Fetches a document and answers its text',
  isRepeatable: true,
  timeoutSeconds: 90,
  schema: z.strictObject({ url: WebUrl }),
  async execute({ url }, { download: fetch, signal }): Promise<ReadDocument> {
    const { type, charset, bytes } = await download(fetch, url, signal);
    const { text, title, isCut } = await readText({ type, charset, bytes }, signal);
    if (text === '') throw wrong('has no text that can be read');
    return { url, type, title, text, characters: text.length, isCut };
  },
});
