import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import type { Caller } from './caller.js';

/** RULES of the engine: beyond so many events a run should have continued as new. */
export const MOST_EVENTS = 4_096;

export interface ListedTimer {
  id: string;
  name: string;
  status: string;
}

const PAGE = 500;
const PATIENCE_MS = 30_000;

/** Every timer that the API lists for a run. */
export async function listTimers(caller: Caller, run: string): Promise<ListedTimer[]> {
  const timers: ListedTimer[] = [];
  let cursor: string | null = null;
  do {
    const query: string = `requestedBy=${run}&limit=${PAGE}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`;
    const answer = await caller.insist(`/timers?${query}`, {}, Date.now() + PATIENCE_MS);
    if (answer?.status !== 200) throw new Error(`timers cannot be listed: ${JSON.stringify(answer?.body)}`);
    timers.push(...answer.body.timers);
    cursor = answer.body.nextCursor;
  } while (cursor !== null);
  return timers;
}

export interface EngineView {
  workflows: number;
  /** Neither running nor ended as they should. */
  failed: string[];
  tooLong: string[];
  longest: number;
}

const AS_THEY_SHOULD = new Set(['RUNNING', 'COMPLETED', 'CONTINUED_AS_NEW']);

/** What Temporal says of all workflows. */
export async function lookAtEngine(address: string, namespace = 'mainspring'): Promise<EngineView> {
  const connection = await NativeConnection.connect({ address });
  try {
    const client = new Client({ connection, namespace });
    const view: EngineView = { workflows: 0, failed: [], tooLong: [], longest: 0 };
    for await (const { workflowId, runId, status } of client.workflow.list()) {
      const { historyLength } = await client.workflow.getHandle(workflowId, runId).describe();
      view.workflows++;
      view.longest = Math.max(view.longest, historyLength);
      if (!AS_THEY_SHOULD.has(status.name)) view.failed.push(`${workflowId} ${status.name}`);
      if (historyLength > MOST_EVENTS) view.tooLong.push(`${workflowId} ${historyLength}`);
    }
    return view;
  } finally {
    await connection.close();
  }
}
