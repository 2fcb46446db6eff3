import { ModelError } from './model-error.js';

/** Far more than any answer; a server that never stops would fill the memory of the worker. */
const MOST_BYTES = 16 * 1_024 * 1_024;

/** A `fetch` that follows no redirect, which would take a key to somewhere else, and breaks off what is too long. */
export function cappedFetch(fetch: typeof globalThis.fetch, mostBytes = MOST_BYTES): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await fetch(input, { ...init, redirect: 'error' });
    if (response.body === null) return response;
    let bytes = 0;
    const counted = response.body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          bytes += chunk.byteLength;
          if (bytes > mostBytes) controller.error(new ModelError('outage', 'the answer is too long'));
          else controller.enqueue(chunk);
        },
      }),
    );
    return new Response(counted, response);
  };
}
