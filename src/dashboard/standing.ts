import { effect, signal } from '@preact/signals';
import { MainspringClient, MainspringError } from '../client/index.js';
import { client } from './session.js';
import { isShown } from './shown.js';

/** How Mainspring stands: what is wrong, and what that means for whoever looks. */
export type Standing = { kind: 'well' } | { kind: 'unreachable' } | { kind: 'unready'; detail: string };

export const standing = signal<Standing>({ kind: 'well' });

const ASK_MS = 5_000;
const ASK_AGAIN_MS = 3_000;
const LIMIT_MS = 10_000;

/** Probes take no credential, and are not counted. */
const prober = new MainspringClient({ baseUrl: window.location.origin, retries: 0, timeoutMs: LIMIT_MS });

async function ask(): Promise<Standing> {
  try {
    await prober.health.ready();
    return { kind: 'well' };
  } catch (error) {
    const isAnswered = error instanceof MainspringError && error.status > 0;
    return isAnswered ? { kind: 'unready', detail: error.detail } : { kind: 'unreachable' };
  }
}

effect(() => {
  if (!client.value || !isShown.value) return;
  let waiting: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  const look = async () => {
    const found = await ask();
    if (isOver) return;
    standing.value = found;
    waiting = setTimeout(() => void look(), found.kind === 'well' ? ASK_MS : ASK_AGAIN_MS);
  };
  void look();
  return () => {
    isOver = true;
    clearTimeout(waiting);
  };
});
