import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

/** A TypeScript program in a process of its own, to be stopped and killed. */
export interface Child {
  process: ChildProcess;
  pid: number;
  /** Its standard output, line by line. */
  lines: AsyncIterator<string>;
  /** Ends it as kill -9 does, and waits until it is gone. */
  kill(): Promise<void>;
}

/** Starts a program of test/; its path is relative to the project. */
export function startChild(program: string, ...args: string[]): Child {
  const hooks = pathToFileURL(resolve('test/support/typescript.mjs')).href;
  const child = spawn(process.execPath, ['--import', hooks, resolve(program), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const exited = once(child, 'exit');
  return {
    process: child,
    pid: child.pid ?? 0,
    lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](),
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
