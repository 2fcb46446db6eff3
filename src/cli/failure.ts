import { CommanderError } from 'commander';
import { MainspringError } from '../client/index.js';
import { manyLines, oneLine, shortened } from './plain-text.js';

/** What a command ends with: `docs/command-line.md` tells users. */
export const EXIT = { failed: 1, usage: 2, notFound: 3, notAllowed: 4, unreachable: 5 } as const;
type ExitCode = 0 | (typeof EXIT)[keyof typeof EXIT];

/** What was asked for was answered, and is not what was hoped for: a timer that failed, a check that found something. */
export class Unsuccessful extends Error {
  override readonly name = 'Unsuccessful';
}

/** Called wrongly, where only the command itself can tell: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What was named is not there: exit code 3. */
export class NotThere extends Error {
  override readonly name = 'NotThere';
}

const CODES: Partial<Record<number, ExitCode>> = {
  0: EXIT.unreachable,
  400: EXIT.usage,
  401: EXIT.notAllowed,
  403: EXIT.notAllowed,
  404: EXIT.notFound,
  413: EXIT.usage,
  422: EXIT.usage,
  429: EXIT.unreachable,
  503: EXIT.unreachable,
};

/** What the caller can do about a failed call. */
const MENDS: Partial<Record<MainspringError['code'], string>> = {
  unreachable:
    'Start it (mainspring start), or say where it is: --url or MAINSPRING_BASE_URL. mainspring doctor looks closer.',
  unexpected: 'Is that the address of Mainspring? --url or MAINSPRING_BASE_URL names it.',
  unauthorized: 'Give a credential that is valid: --key or MAINSPRING_API_KEY, --token or MAINSPRING_TOKEN.',
  forbidden:
    'Another credential may: --key or MAINSPRING_API_KEY, --token or MAINSPRING_TOKEN (an admin token).',
  unavailable: 'mainspring doctor says what does not answer.',
};

/** `ECONNREFUSED`, where the system says so. */
function systemCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return 'code' in error && typeof error.code === 'string' ? error.code : systemCodeOf(error.cause);
}

const LONGEST_PAGE = 200;

/** What happened, with the system's own word for it; it may hold control characters. */
export function detailOf(error: MainspringError): string {
  const { code, detail, cause } = error;
  const system = systemCodeOf(cause);
  if (code === 'unreachable' && system !== undefined) return detail.replace('fetch failed', system);
  // A page of somebody else's.
  return code === 'unexpected' ? shortened(oneLine(detail), LONGEST_PAGE) : detail;
}

function linesOf(error: MainspringError): string[] {
  const { code, errors, retryAfterMs } = error;
  const wait =
    retryAfterMs === undefined ? [] : [`It asks to be left alone for ${Math.ceil(retryAfterMs / 1_000)} s.`];
  const mend = MENDS[code];
  return [
    detailOf(error),
    // Of one alone the detail tells already.
    ...(errors.length > 1 ? errors.map(({ path, message }) => `  ${path}: ${message}`) : []),
    ...wait,
    ...(mend === undefined ? [] : [mend]),
  ];
}

export interface Failure {
  exitCode: ExitCode;
  /** For stderr; undefined where everything has been said. */
  words?: string;
}

const ofCommander = ({ code, exitCode }: CommanderError): Failure => {
  // Help that was asked for, and the version, are answers; the rest commander has told.
  const isAnswer = exitCode === 0 && code !== 'commander.help';
  return { exitCode: isAnswer ? 0 : EXIT.usage };
};

/** What becomes of whatever a command threw. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CommanderError) return ofCommander(error);
  if (error instanceof MainspringError) {
    const exitCode = error.code === 'unexpected' ? EXIT.unreachable : (CODES[error.status] ?? EXIT.failed);
    return { exitCode, words: manyLines(linesOf(error).join('\n')) };
  }
  if (error instanceof UsageError) return { exitCode: EXIT.usage, words: error.message };
  if (error instanceof NotThere) return { exitCode: EXIT.notFound, words: error.message };
  if (error instanceof Unsuccessful) return { exitCode: EXIT.failed, words: manyLines(error.message) };
  const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { exitCode: EXIT.failed, words };
}
