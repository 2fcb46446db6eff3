import type { IncomingMessage, ServerResponse } from 'node:http';
import { v5 as derivedId, v7 as newId } from 'uuid';
import type { Config } from '../config.js';
import type { Calls } from './call.js';
import type { AnyCaller } from './caller.js';
import { clientAddress } from './client-address.js';
import { originOf } from './origin.js';
import type { Asked, Reply, Route, Stream, Surroundings } from './route.js';

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
  calls: Calls;
  caller: AnyCaller | null;
  /** Of a call from within: its own end, and the headers that it has instead of the request's. */
  within?: { signal: AbortSignal; headers: Record<string, string> };
}

/** One request, apart from what its route reads of it. */
export class RequestSurroundings implements Surroundings {
  /** Of an Idempotency-Key: what the request creates has the same ids each time it is handled. */
  seed: string | null = null;
  readonly requestId: string;
  private lazySignal: AbortSignal | null = null;

  constructor(private readonly options: RequestSurroundingsOptions) {
    this.requestId = options.requestId;
    this.lazySignal = options.within?.signal ?? null;
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

  /** An arrow, as {@link idFor} and {@link ask}: handlers take these out of the request. */
  readonly header = (name: string): string => {
    const { req, within } = this.options;
    const value = (within?.headers ?? req.headers)[name];
    return typeof value === 'string' ? value : '';
  };

  readonly idFor = (index = 0): string =>
    this.seed === null ? newId() : derivedId(String(index), this.seed);

  readonly ask = (route: Route, asked: Asked): Promise<Reply<unknown> | Stream> => {
    const { calls, caller } = this.options;
    if (!caller) throw new Error('a request that is open to everybody cannot ask for another route');
    const within = { signal: asked.signal ?? this.signal, headers: asked.headers ?? {} };
    return calls.ask(route, asked, caller, new RequestSurroundings({ ...this.options, within }));
  };
}
