import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { WINDOW_LINGER_MS, WINDOW_MS } from '../../src/domain/owner.js';
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
  /** Windows that run though their time is over and nothing in them is left. */
  outliving: string[];
}

const AS_THEY_SHOULD = new Set(['RUNNING', 'COMPLETED', 'CONTINUED_AS_NEW']);

/** Within this time after it a window should have noticed that it is over. */
const OVER_MS = WINDOW_MS + WINDOW_LINGER_MS + 20_000;

const isOver = (workflowId: string) => {
  const startsAt = Date.parse(workflowId.split('/')[2] ?? '');
  return startsAt + OVER_MS < Date.now();
};

/** What Temporal says of all workflows, once every timer has fired. */
export async function lookAtEngine(address: string, namespace = 'mainspring'): Promise<EngineView> {
  const connection = await NativeConnection.connect({ address });
  try {
    const client = new Client({ connection, namespace });
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const view = await lookOnce(client);
      if (view.outliving.length === 0 || Date.now() > deadline) return view;
      await sleep(1_000);
    }
  } finally {
    await connection.close();
  }
}

async function lookOnce({ workflow }: Client): Promise<EngineView> {
  const view: EngineView = { workflows: 0, failed: [], tooLong: [], longest: 0, outliving: [] };
  for await (const { workflowId, runId, type, status } of workflow.list()) {
    const { historyLength } = await workflow.getHandle(workflowId, runId).describe();
    view.workflows++;
    view.longest = Math.max(view.longest, historyLength);
    if (!AS_THEY_SHOULD.has(status.name)) view.failed.push(`${workflowId} ${status.name}`);
    if (historyLength > MOST_EVENTS) view.tooLong.push(`${workflowId} ${historyLength}`);
    if (type === 'timerWindow' && status.name === 'RUNNING' && isOver(workflowId))
      view.outliving.push(workflowId);
  }
  return view;
}
