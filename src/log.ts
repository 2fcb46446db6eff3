import pino from 'pino';

/** One structured line per fact: a sentence, and the fields that it speaks of, of those in {@link FIELDS}. */
export type Log = Pick<pino.Logger, 'debug' | 'info' | 'warn' | 'error' | 'isLevelEnabled'>;

/**
 * All that may be logged. What else is given shows only its type: a body, a header or a URL that somebody passes along
 * one day does not end up in a file.
 */
const FIELDS = new Set([
  // What it is about: ids and names.
  ...[
    'org',
    'tenant',
    'timer',
    'agent',
    'task',
    'stage',
    'tool',
    'model',
    'plugin',
    'delivery',
    'receiver',
    'window',
    'epoch',
    'attempt',
    'channel',
    'kind',
    'schedule',
    'file',
    'message',
    'broker',
    'container',
  ],
  ...['workflow', 'run', 'activity', 'queue', 'component', 'request', 'method', 'route'],
  // What became of it.
  ...[
    'status',
    'category',
    'reason',
    'error',
    'durationMs',
    'windows',
    'endpoints',
    'agents',
    'tasks',
    'brokers',
    'supervisors',
    'migrations',
  ],
  ...['schedules', 'changed', 'removed'],
  // The program itself.
  ...['api', 'temporal', 'worker', 'folder', 'step', 'limitMs', 'pauseMs'],
]);
const DEEPEST_CAUSE = 3;
/** SQLSTATE of data exceptions: their messages quote the value that was wrong. */
const DATA_EXCEPTION = /^22[0-9A-Z]{3}$/;
const FRAME = /^\s+at /;

/** What an error is, without what it quotes: the database's `detail`, `where` and parameters, the text that is no JSON. */
function faultOf(error: Error, depth = 1): object {
  const { name, message, stack = '', cause } = error;
  const code = 'code' in error && typeof error.code !== 'object' ? String(error.code) : undefined;
  const isQuoting = error instanceof SyntaxError || DATA_EXCEPTION.test(code ?? '');
  return {
    type: name,
    ...(code === undefined ? {} : { code }),
    ...(isQuoting ? {} : { message }),
    stack: stack
      .split('\n')
      .filter((line) => FRAME.test(line))
      .join('\n'),
    ...(cause instanceof Error && depth < DEEPEST_CAUSE ? { cause: faultOf(cause, depth + 1) } : {}),
  };
}

function shown(name: string, value: unknown): unknown {
  if (value === undefined) return undefined;
  if (name === 'error' && value instanceof Error) return faultOf(value);
  const isPlain = value === null || ['string', 'number', 'boolean'].includes(typeof value);
  return FIELDS.has(name) && isPlain ? value : `[${typeof value}]`;
}

const listed = (fields: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, shown(name, value)]));

export function createLog(level: string, destination?: pino.DestinationStream): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      errorKey: 'error',
      // What `formatters` leaves of an error is logged as it is.
      serializers: { error: (value: unknown) => value },
      formatters: { log: listed },
    },
    destination,
  );
}
