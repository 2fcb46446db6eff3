import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';

/** A task took longer than it may. */
export class TimeIsOver extends Error {
  override readonly name = 'TimeIsOver';
}

/** The time that a task may take; it stands still while a person is asked. */
export interface TimeLimit {
  /** Cancels the work, and throws {@link TimeIsOver}, when the time is over. */
  within<T>(work: () => Promise<T>): Promise<T>;
  /** What this waits for takes none of the time. */
  pausedWhile<T>(wait: () => Promise<T>): Promise<T>;
  /** Time that went by elsewhere. */
  spend(ms: number): void;
  leftMs(): number;
}

export function createTimeLimit(mostMs: number): TimeLimit {
  let leftMs = mostMs;
  let runningSince: number | null = null;
  let pauses = 0;
  let isOver = false;
  let alarm: CancellationScope | null = null;
  let work: CancellationScope | null = null;

  const left = () => Math.max(0, leftMs - (runningSince === null ? 0 : Date.now() - runningSince));

  function run(): void {
    runningSince = Date.now();
    const scope = new CancellationScope();
    alarm = scope;
    void scope.run(async () => {
      await sleep(Math.max(1, leftMs)).catch(unlessCancelled);
      if (scope.consideredCancelled) return;
      isOver = true;
      work?.cancel();
    });
  }

  function stop(): void {
    leftMs = left();
    runningSince = null;
    alarm?.cancel();
    alarm = null;
  }

  return {
    async within(todo) {
      const scope = new CancellationScope();
      work = scope;
      run();
      try {
        return await scope.run(todo);
      } catch (error) {
        if (isOver && isCancellation(error)) throw new TimeIsOver();
        throw error;
      } finally {
        stop();
      }
    },
    async pausedWhile(wait) {
      pauses += 1;
      if (pauses === 1) stop();
      try {
        return await wait();
      } finally {
        pauses -= 1;
        if (pauses === 0) run();
      }
    },
    spend(ms) {
      stop();
      leftMs = Math.max(0, leftMs - ms);
      if (pauses === 0) run();
    },
    leftMs: left,
  };
}

function unlessCancelled(error: unknown): void {
  if (!isCancellation(error)) throw error;
}
