import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process as it was once seen. Its command tells it from another that was given the same id later. */
export interface RunningProcess {
  pid: number;
  command: string;
}

/** The command line of a process, or undefined when it does not run (or cannot be looked at). */
function commandOf(pid: number): string | undefined {
  try {
    const command =
      process.platform === 'linux'
        ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        : execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return command.trim() === '' ? undefined : command.trim();
  } catch {
    return undefined;
  }
}

export function seenProcess(pid: number): RunningProcess | undefined {
  const command = commandOf(pid);
  return command === undefined ? undefined : { pid, command };
}

export const stillRuns = (seen: RunningProcess) => commandOf(seen.pid) === seen.command;

/** False when it is gone already. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Asks a process to end, and ends it when it has not within the limit. */
export async function stopProcess(seen: RunningProcess, limitMs: number): Promise<void> {
  if (!stillRuns(seen) || !signalProcess(seen.pid, 'SIGTERM')) return;
  const deadline = Date.now() + limitMs;
  while (Date.now() < deadline) {
    await sleep(50);
    if (!stillRuns(seen)) return;
  }
  signalProcess(seen.pid, 'SIGKILL');
}
