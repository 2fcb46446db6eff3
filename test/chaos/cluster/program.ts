import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Ends what runs, now and without waiting: also when the harness itself is told to end. */
const endings = new Set<() => void>();

process.on('exit', () => {
  // What was begun last is ended first: a folder goes when nobody writes there any more.
  for (const end of [...endings].reverse()) end();
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

/** Called when the harness ends, unless it is taken back before. */
export function atExit(end: () => void): () => void {
  endings.add(end);
  return () => void endings.delete(end);
}

export interface ProgramOptions {
  /** What it is called in reports. */
  name: string;
  command: string;
  args: string[];
  env: Record<string, string>;
  /** Its output is appended there. */
  logFile: string;
  /** Answers once it does its work; gives up by throwing. */
  isReady: (program: Program) => Promise<boolean>;
}

/** A real process that can be killed, stopped, continued and started again under the same name. */
export interface Program {
  name: string;
  readonly pid: number;
  isRunning(): boolean;
  /** Ends by itself since its last start: nobody asked for it. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  launch(): void;
  /** Launches it as often as it takes until it is ready, as whatever supervises it would. */
  start(limitMs?: number): Promise<void>;
  /** What it has written, since its first start. */
  output(): string;
  /** kill -9; answers when it is gone. */
  kill(): Promise<void>;
  /** Stops it where it is (SIGSTOP), or lets it go on (SIGCONT). */
  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): void;
  /** SIGTERM; answers its exit code and how many ms it took. */
  terminate(limitMs: number): Promise<{ code: number | null; tookMs: number }>;
}

const START_LIMIT_MS = 90_000;
const START_AGAIN_AFTER_MS = 500;

export function createProgram(options: ProgramOptions): Program {
  let child: ChildProcess | undefined;
  let ended: Program['ended'] = Promise.resolve({ code: null, signal: null });
  atExit(() => void child?.kill('SIGKILL'));

  const isRunning = () => child !== undefined && child.exitCode === null && child.signalCode === null;
  /** One at a time: two that start the same program would launch it twice, on one port. */
  let starting: Promise<void> | undefined;
  async function startUntilReady(limitMs: number): Promise<void> {
    for (const deadline = Date.now() + limitMs; Date.now() < deadline; await sleep(50)) {
      if (!isRunning()) {
        if (child) await sleep(START_AGAIN_AFTER_MS);
        program.launch();
      }
      if (isRunning() && (await options.isReady(program))) return;
    }
    throw new Error(`${options.name} is not ready after ${limitMs} ms, see ${options.logFile}`);
  }
  const program: Program = {
    name: options.name,
    get pid() {
      return child?.pid ?? 0;
    },
    get ended() {
      return ended;
    },
    isRunning,
    launch() {
      const output = openSync(options.logFile, 'a');
      const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...options.env };
      const launched = spawn(options.command, options.args, { env, stdio: ['ignore', output, output] });
      closeSync(output);
      ended = once(launched, 'exit').then(([code, signal]) => ({ code, signal }));
      child = launched;
    },
    start(limitMs = START_LIMIT_MS) {
      starting ??= startUntilReady(limitMs).finally(() => {
        starting = undefined;
      });
      return starting;
    },
    output: () => readFileSync(options.logFile, 'utf8'),
    async kill() {
      if (!isRunning()) return;
      child?.kill('SIGKILL');
      await ended;
    },
    signal: (name) => void child?.kill(name),
    async terminate(limitMs) {
      const startedAt = Date.now();
      child?.kill('SIGTERM');
      const late = sleep(limitMs, undefined, { ref: false });
      const end = await Promise.race([ended, late]);
      if (!end) await program.kill();
      return { code: end ? end.code : null, tookMs: Date.now() - startedAt };
    },
  };
  return program;
}
