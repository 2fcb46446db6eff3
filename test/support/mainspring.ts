import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, WorkflowClient } from '@temporalio/client';
import type { Starter } from '../../src/engine/starter.js';
import type { Mailboxes } from '../../src/mailboxes/mailboxes.js';
import type { Timer } from '../../src/schemas/timer.js';
import { startWorkers } from '../../src/worker/start.js';
import { DEMO_KEY, openTestContext, serveTestApi, type TestApi, type TestApiOptions } from './api.js';
import { openTestEngine } from './engine.js';

/** All of Mainspring in this process: API, workers, embedded database, a namespace of its own. */
export interface TestMainspring extends TestApi {
  workflows: WorkflowClient;
  client: Client;
  starter: Starter;
  mailboxes: Mailboxes;
  /** Creates a timer as the demo key; throws when it is not acknowledged. */
  createTimer(over: Record<string, unknown>): Promise<Timer>;
  getTimer(id: string, wait?: string): Promise<Timer>;
  post(path: string, body: unknown): Promise<{ status: number; body: Record<string, unknown> }>;
}

export async function startMainspring(options: TestApiOptions = {}): Promise<TestMainspring> {
  const engine = await openTestEngine();
  const env = { TEMPORAL_NAMESPACE: engine.namespace, ...options.env };
  const context = await openTestContext({ ...options, env });
  const workers = await startWorkers(context);
  workers.ended.catch((error: unknown) => process.stderr.write(`a worker ended: ${String(error)}\n`));
  const api = await serveTestApi(context, options);
  const post = async (path: string, body: unknown) => {
    const answer = await api.send(path, { key: DEMO_KEY, body });
    return { status: answer.status, body: answer.json() };
  };
  return {
    ...api,
    workflows: context.client.workflow,
    client: context.client,
    starter: context.starter,
    mailboxes: context.mailboxes,
    post,
    async createTimer(over) {
      const answer = await api.send('/timers', { key: DEMO_KEY, body: timerRequest(over) });
      if (answer.status !== 201) throw new Error(`not created: ${answer.text}`);
      return answer.json<{ timer: Timer }>().timer;
    },
    async getTimer(id, wait) {
      const answer = await api.send(`/timers/${id}${wait ? `?wait=${wait}` : ''}`, { key: DEMO_KEY });
      return answer.json<{ timer: Timer }>().timer;
    },
    async close() {
      workers.beginShutdown();
      await workers.close();
      await api.close();
      await engine.close();
    },
  };
}

/** A valid body for `POST /timers`. */
export function timerRequest(over: Record<string, unknown> = {}): Record<string, unknown> {
  const due = 'fireAt' in over || 'duration' in over ? {} : { duration: '1h' };
  return { tenantId: 'tenant-1', requestedBy: 'a test', name: `timer ${randomUUID()}`, ...due, ...over };
}

export const callsTo = (url: string, over: Record<string, unknown> = {}) => ({
  actionBundle: { actions: [{ type: 'webhook', url, ...over }] },
});

/** Asks until the answer is what is waited for; a test's own time limit ends it. */
export async function eventually<T>(read: () => T | Promise<T>, isSo: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await read();
    if (isSo(value)) return value;
    await sleep(25);
  }
}
