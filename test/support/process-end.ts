import { setTimeout as sleep } from 'node:timers/promises';

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** An ended process stays in the table until its parent has taken note: answers whether it is gone within 2 s. */
export async function isGone(pid: number): Promise<boolean> {
  for (const end = Date.now() + 2_000; isAlive(pid) && Date.now() < end; ) await sleep(20);
  return !isAlive(pid);
}
