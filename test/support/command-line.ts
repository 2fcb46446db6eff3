import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

export interface Running {
  child: ChildProcess;
  ended: Promise<Outcome>;
  /** What it has printed so far. */
  printed(): string;
}

export interface CommandLine {
  /** Runs it to its end. */
  run(...args: string[]): Promise<Outcome>;
  /** Starts it, to be ended. */
  start(args: string[], input?: string): Running;
}

const hooks = pathToFileURL(resolve('test/support/typescript.mjs')).href;
const program = resolve('src/cli/main.ts');

/** The command line in processes of its own, from the sources; nothing of our environment but these variables. */
export function commandLine(env: Record<string, string>, cwd = process.cwd()): CommandLine {
  function start(args: string[], input = ''): Running {
    const child = spawn(process.execPath, ['--import', hooks, '--no-warnings', program, ...args], {
      cwd,
      env: { PATH: process.env.PATH ?? '', ...env },
    });
    child.stdin.end(input);
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    const ended = new Promise<Outcome>((done) => child.once('close', (code) => done({ code, out, err })));
    return { child, ended, printed: () => out };
  }
  return { start, run: (...args) => start(args).ended };
}
