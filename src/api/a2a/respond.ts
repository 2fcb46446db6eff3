import type { ServerResponse } from 'node:http';
import { A2A_VERSION_HEADER, formatSSEErrorEvent, formatSSEEvent, SSE_HEADERS } from '@a2a-js/sdk';
import { isLegacyJsonRpcMethod } from '@a2a-js/sdk/compat/v0_3';
import { LegacyJsonRpcTransportHandler } from '@a2a-js/sdk/compat/v0_3/server';
import { A2A_ERROR_CODE, RequestMalformedError, VersionNotSupportedError } from '@a2a-js/sdk/errors';
import { type A2ARequestHandler, JsonRpcTransportHandler, ServerCallContext } from '@a2a-js/sdk/server';
import { drained, KEEP_ALIVE_MS, longStream } from '../event-stream.js';
import type { ApiProblem } from '../problem.js';
import { Reply, type Stream } from '../route.js';
import type { Services } from '../services.js';

/** A message of JSON-RPC. */
export type Rpc = { method: string; id?: unknown } & Record<string, unknown>;

export interface RespondOptions {
  handler: A2ARequestHandler;
  /** What ended the request and is for HTTP to answer; null where A2A has an error for it. */
  problem: () => ApiProblem | null;
  header: (name: string) => string;
  orgId: string;
  signal: AbortSignal;
}

const UNREADABLE = 'the parameters are not those of this method';
const SUPPORTED = /^(?:0\.3|1\.0)(?:\.\d+)?$/;
const isStream = (answer: object): answer is AsyncGenerator<unknown, void, undefined> =>
  Symbol.asyncIterator in answer;

const errorCodeOf = ({ error }: { error?: unknown }): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;

/** Which of the two revisions a method is of, its name says: clients of 0.3 send no version. */
const revisionOf = (method: string, handler: A2ARequestHandler) =>
  isLegacyJsonRpcMethod(method)
    ? {
        transport: new LegacyJsonRpcTransportHandler(handler),
        errorOf: LegacyJsonRpcTransportHandler.mapToLegacyJSONRPCError,
      }
    : {
        transport: new JsonRpcTransportHandler(handler),
        errorOf: JsonRpcTransportHandler.mapToJSONRPCError,
      };

/** Answers a request of JSON-RPC: what the SDK makes of it, or the problem that ended it. */
export async function respond(
  rpc: Rpc,
  { handler, problem, header, orgId, signal }: RespondOptions,
  { log }: Services,
): Promise<Reply<Record<string, unknown>> | Stream> {
  const { transport, errorOf } = revisionOf(rpc.method, handler);
  const failed = (error: unknown) => ({ jsonrpc: '2.0', id: rpc.id ?? null, error: errorOf(error) });
  const requestedVersion = header(A2A_VERSION_HEADER.toLowerCase());
  if (requestedVersion !== '' && !SUPPORTED.test(requestedVersion))
    return new Reply(200, failed(new VersionNotSupportedError('this speaks A2A 1.0 and 0.3')));
  const answer = await transport.handle(rpc, new ServerCallContext({ requestedVersion }));
  if (!isStream(answer)) {
    const found = problem();
    if (found) throw found;
    // All that this program throws has a code of its own: the SDK could not read the parameters, and says how it broke.
    const isBroken = errorCodeOf(answer) === A2A_ERROR_CODE.INTERNAL_ERROR;
    return new Reply(200, isBroken ? failed(new RequestMalformedError(UNREADABLE)) : { ...answer });
  }
  try {
    const first = await answer.next();
    return longStream({ orgId, log }, (_, res) => write(res, { first, rest: answer, failed, signal }));
  } catch (error) {
    const found = problem();
    if (found) throw found;
    return new Reply(200, failed(error));
  }
}

interface Written {
  first: IteratorResult<unknown, void>;
  rest: AsyncGenerator<unknown, void, undefined>;
  failed: (error: unknown) => object;
  signal: AbortSignal;
}

async function write(res: ServerResponse, { first, rest, failed, signal }: Written): Promise<void> {
  res.writeHead(200, SSE_HEADERS);
  const keepAlive = setInterval(() => res.write(': still here\n\n'), KEEP_ALIVE_MS);
  try {
    for (let next = first; !next.done && !signal.aborted; next = await rest.next()) {
      res.write(formatSSEEvent(next.value));
      await drained(res, signal);
    }
  } catch (error) {
    res.write(formatSSEErrorEvent(failed(error)));
  } finally {
    clearInterval(keepAlive);
    await rest.return();
  }
}
