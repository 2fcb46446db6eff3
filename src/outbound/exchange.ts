import type { Dispatcher } from 'undici';
import { KEPT_BYTES, keptText } from './kept-text.js';
import { OutboundError, type OutboundFailure, toOutboundError } from './outbound-error.js';

/** So much of an answer is read, so that its connection can be used again. */
const READ_BYTES = 16_384;

export interface Exchange {
  origin: string;
  path: string;
  method: Dispatcher.HttpMethod;
  headers: Record<string, string>;
  body: string | null;
  timeoutMs: number;
  /** Whether a connection stood since then (`performance.now`): what has not begun waited for a free one, not for any. */
  isReachable: (since: number) => boolean;
}

export interface Answer {
  statusCode: number;
  headers: { retryAfter?: string };
  /** The first KB, as text. */
  answer: string;
  durationMs: number;
}

/**
 * One request and its answer within one time limit. Once a status has arrived it is the answer, however its body
 * ends: it is cut off where it is endless, slow or broken.
 */
export function exchange(
  dispatcher: Dispatcher,
  { timeoutMs, isReachable, ...request }: Exchange,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    let controller: Dispatcher.DispatchController | null = null;
    let isOver = false;
    let statusCode = 0;
    let retryAfter: string | undefined;
    let bytesRead = 0;
    const kept: Buffer[] = [];
    const deadline = setTimeout(
      () => cut(controller === null && isReachable(startedAt) ? 'receiver_busy' : 'timeout'),
      timeoutMs,
    );

    const end = (error: Error | OutboundFailure) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(deadline);
      if (statusCode === 0) return reject(toOutboundError(error));
      const headers = retryAfter === undefined ? {} : { retryAfter };
      resolve({
        statusCode,
        headers,
        answer: keptText(Buffer.concat(kept)),
        durationMs: Math.round(performance.now() - startedAt),
      });
    };
    const cut = (failure: OutboundFailure) => {
      end(failure);
      controller?.abort(new OutboundError(failure));
    };

    dispatcher.dispatch(request, {
      onRequestStart(started) {
        controller = started;
        if (isOver) started.abort(new OutboundError('receiver_busy'));
      },
      onResponseStart(_, status, headers) {
        // What comes before the answer: 100, 103.
        if (status < 200) return;
        statusCode = status;
        retryAfter = [headers['retry-after']].flat()[0];
      },
      onResponseData(_, chunk) {
        if (bytesRead < KEPT_BYTES) kept.push(chunk);
        bytesRead += chunk.length;
        if (bytesRead > READ_BYTES) cut('connection_closed');
      },
      onResponseEnd: () => end('connection_closed'),
      onResponseError: (_, error) => end(error),
    });
  });
}
