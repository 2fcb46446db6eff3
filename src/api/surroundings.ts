import type { IncomingMessage, ServerResponse } from 'node:http';
import { v5 as derivedId, v7 as newId } from 'uuid';
import type { Config } from '../config.js';
import { clientAddress } from './client-address.js';
import { originOf } from './origin.js';
import type { Surroundings } from './route.js';

/** Aborted when the caller goes away before the answer is complete, or the process stops. */
function callerSignal(res: ServerResponse, stopping: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const abort = () => controller.abort();
  if (stopping.aborted || res.destroyed) abort();
  stopping.addEventListener('abort', abort);
  res.once('close', () => {
    stopping.removeEventListener('abort', abort);
    abort();
  });
  return controller.signal;
}

export interface RequestSurroundingsOptions {
  req: IncomingMessage;
  res: ServerResponse;
  requestId: string;
  stopping: AbortSignal;
  config: Config;
}

/** One request, apart from what its route reads of it. */
export class RequestSurroundings implements Surroundings {
  /** Of an Idempotency-Key: what the request creates has the same ids each time it is handled. */
  seed: string | null = null;
  readonly requestId: string;
  private lazySignal: AbortSignal | null = null;

  constructor(private readonly options: RequestSurroundingsOptions) {
    this.requestId = options.requestId;
  }

  /** Made when it is asked for: most handlers never do. */
  get signal(): AbortSignal {
    this.lazySignal ??= callerSignal(this.options.res, this.options.stopping);
    return this.lazySignal;
  }

  get address(): string {
    const { req, config } = this.options;
    return clientAddress(req, config.TRUSTED_PROXIES);
  }

  get origin(): string {
    const { req, config } = this.options;
    return originOf(req, config);
  }

  /** An arrow, as {@link idFor}: handlers take these out of the request. */
  readonly header = (name: string): string => {
    const value = this.options.req.headers[name];
    return typeof value === 'string' ? value : '';
  };

  readonly idFor = (index = 0): string =>
    this.seed === null ? newId() : derivedId(String(index), this.seed);
}
