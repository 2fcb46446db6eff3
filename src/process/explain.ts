import { ConfigError } from '../config.js';
import { DatabaseError } from '../db/database-error.js';
import { EngineError } from '../engine/engine-error.js';

/** Why we cannot listen, by the system's code; `setting` names the port. */
const LISTENING: Record<string, (setting: string) => string> = {
  EADDRINUSE: (setting) => `is taken by another program; set ${setting} to a free one.`,
  EACCES: (setting) => `is not for this user; set ${setting} to one above 1023.`,
  EADDRNOTAVAIL: () => 'is not on this machine; set HOST to an address that is.',
};

function listeningFailure(error: unknown): string | undefined {
  if (!(error instanceof Error && 'port' in error && 'code' in error)) return undefined;
  const setting = 'setting' in error ? String(error.setting) : 'PORT';
  const reason = LISTENING[String(error.code)]?.(setting);
  return reason === undefined
    ? undefined
    : `${'address' in error ? `${error.address}:` : 'port '}${error.port} ${reason}`;
}

/** The sentence for whoever started us, or undefined when it is a fault of ours. */
function sentenceOf(error: unknown): string | undefined {
  if (error instanceof ConfigError) {
    return `these settings are wrong:\n${error.message.replaceAll(/^/gm, '  ')}`;
  }
  if (error instanceof DatabaseError || error instanceof EngineError) return error.message;
  return listeningFailure(error);
}

/** Says on stderr why the program ends. */
export function explain(error: unknown): void {
  const fault = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`Mainspring cannot run: ${sentenceOf(error) ?? fault}\n`);
}
