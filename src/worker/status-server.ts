import { createServer, type ServerResponse } from 'node:http';
import { closeServer, listen, urlOf } from '../http/listen.js';
import { metricsText } from '../http/metrics-text.js';
import { createProbes, missingParts, type Probes } from '../http/probes.js';
import { collectProcessMetrics } from '../metrics.js';
import type { Context } from '../process/context.js';

/** Scrapes and probes that are under way have this long to end. */
const PATIENCE_MS = 1_000;

export interface StatusServer {
  /** Where it listens, as this machine reaches it. */
  url: string;
  /** Whether `/readyz` may say so, if database and Temporal answer. */
  setReady(isReady: boolean): void;
  close(): Promise<void>;
}

type Answer = [status: number, body: string, contentType?: string];

const saying = (status: string): string => JSON.stringify({ status });

async function readiness(probes: Probes, isReady: boolean): Promise<Answer> {
  if (!isReady) return [503, saying('this process starts or stops')];
  const missing = await missingParts(probes);
  return missing.length > 0 ? [503, saying(`no answer from ${missing.join(' and ')}`)] : [200, saying('ok')];
}

function write(res: ServerResponse, [status, body, contentType = 'application/json']: Answer): void {
  res.writeHead(status, { 'Content-Type': contentType, 'Cache-Control': 'no-store' }).end(body);
}

/**
 * What a process without an API serves to those who look after it: `/metrics`, `/livez`, `/readyz`. Throws the
 * system's error when the address cannot be had.
 */
export async function openStatusServer(context: Context): Promise<StatusServer> {
  const { config, log, database, client } = context;
  const probes = createProbes(database, client, Date.now);
  let isReady = false;
  const answers: Record<string, () => Promise<Answer>> = {
    '/livez': async () => [200, saying('ok')],
    '/readyz': () => readiness(probes, isReady),
    '/metrics': async () => {
      const { text, contentType } = await metricsText({ config, log });
      return [200, text, contentType];
    },
  };
  const server = createServer((req, res) => {
    const answer =
      answers[req.url?.split('?')[0] ?? ''] ?? (async (): Promise<Answer> => [404, saying('nothing here')]);
    answer().then(
      (found) => write(res, found),
      (error: unknown) => {
        log.error({ error }, 'A request failed');
        write(res, [500, saying('failed')]);
      },
    );
  });
  const port = await listen(server, { host: config.host, port: config.WORKER_PORT, setting: 'WORKER_PORT' });
  collectProcessMetrics();
  return {
    url: urlOf(config.host, port),
    setReady(value) {
      isReady = value;
    },
    close: () => closeServer(server, PATIENCE_MS),
  };
}
