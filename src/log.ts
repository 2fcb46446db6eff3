import pino from 'pino';

/** One structured line per fact: a sentence, and the fields that it speaks of. Never bodies, headers or query strings. */
export type Log = pino.Logger;

/** Fields that may carry a secret wherever they stand. */
const SECRET_FIELDS = [
  'authorization',
  'secret',
  'token',
  'key',
  'password',
  'headers',
  'body',
  'url',
  'env',
];

export function createLog(level: string, destination?: pino.DestinationStream): Log {
  const redact = SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]);
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact }, destination);
}
