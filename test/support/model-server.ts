import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, isError, WIRES, type Wire } from './model-wires.js';

export type { Answer } from './model-wires.js';

/** A question as the server got it. */
export interface Asked {
  wire: Wire;
  path: string;
  model: string;
  isStream: boolean;
  headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: each provider has another shape, and tests look into all of them.
  body: any;
  /** The connection was closed before the answer was complete. */
  wasAborted: boolean;
}

/** What the server does with a question; a function decides when it comes. */
export type Reaction = Answer | ((asked: Asked) => Answer);

/**
 * A model that speaks the wire formats of Google (`:generateContent`, `:streamGenerateContent`), OpenAI and whoever is
 * compatible (`/chat/completions`) and Anthropic (`/messages`), told apart by the path. It does what `script` says, one
 * reaction a question, and after that what `otherwise` is: at first the text `done`, at once.
 */
export interface ModelServer {
  /** Without a path: every provider's base URL may be it, or end in `/v1`. */
  url: string;
  requests: Asked[];
  otherwise: Reaction;
  script(...reactions: Reaction[]): void;
  /** Forgets what was asked and scripted. */
  reset(): void;
  close(): Promise<void>;
}

export async function startModelServer(): Promise<ModelServer> {
  const requests: Asked[] = [];
  const scripted: Reaction[] = [];
  const DONE: Answer = { text: 'done' };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = JSON.parse(Buffer.concat(chunks).toString() || '{}');
    const { url: path = '', headers } = request;
    const wire = wireOf(path);
    const asked: Asked = { wire, path, headers, body, ...WIRES[wire].read(path, body), wasAborted: false };
    response.on('close', () => {
      asked.wasAborted = !response.writableFinished;
    });
    requests.push(asked);
    const reaction = scripted.shift() ?? model.otherwise;
    await react(response, asked, typeof reaction === 'function' ? reaction(asked) : reaction);
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : undefined),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const model: ModelServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    otherwise: DONE,
    script: (...reactions) => void scripted.push(...reactions),
    reset() {
      requests.length = 0;
      scripted.length = 0;
      model.otherwise = DONE;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return model;
}

function wireOf(path: string): Wire {
  if (/:(streamG|g)enerateContent/.test(path)) return 'google';
  return /\/messages(\?|$)/.test(path) ? 'anthropic' : 'openai';
}

async function react(response: ServerResponse, asked: Asked, answer: Answer): Promise<void> {
  await answer.after;
  if (answer.delayMs) await delay(answer.delayMs);
  if (answer.hangs === 'at once') return;
  const wire = WIRES[asked.wire];
  if (isError(answer)) {
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(JSON.stringify(wire.error(answer)));
    return;
  }
  if (!asked.isStream) {
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify(answer.inBandError ? wire.error(answer.inBandError) : wire.whole(asked.model, answer)),
    );
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const chunk of wire.stream(asked.model, answer)) {
    response.write(chunk);
    if (answer.pauseMs) await delay(answer.pauseMs);
  }
  if (answer.hangs !== 'after its text') response.end();
}
