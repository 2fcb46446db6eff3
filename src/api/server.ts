import { randomUUID } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { ApiProblem, problemBody, problemHeaders } from './problem.js';

const MAX_HEADER_BYTES = 16_384;
const HEADERS_TIMEOUT_MS = 15_000;
const REQUEST_TIMEOUT_MS = 60_000;
/** Longer than the usual 60 s of load balancers: they, not we, close idle connections. */
const KEEP_ALIVE_MS = 65_000;
const MOST_HEADERS = 100;

/** What Node refuses before a request reaches the application is answered as everything else. */
function refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = new ApiProblem(
    'malformed_request',
    'this is not an HTTP request, or its headers are too large or too slow',
  );
  const body = problemBody(problem, '/');
  const headers = {
    ...problemHeaders(problem),
    'X-Request-Id': randomUUID(),
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 400 Bad Request\r\n${lines.join('')}\r\n${body}`);
}

export function createHttpServer(listener: RequestListener): Server {
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      noDelay: true,
      // Node would answer a request without Host by itself, and not as everything else is answered.
      requireHostHeader: false,
    },
    listener,
  );
  server.maxHeadersCount = MOST_HEADERS;
  // The same for an expectation that it does not know: such a one may be ignored.
  return server.on('checkExpectation', listener).on('clientError', refuse);
}
