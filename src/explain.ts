import { ListenError } from './api/server.js';
import { ConfigError } from './config.js';
import { DatabaseError } from './db/database-error.js';
import { EngineError } from './engine/engine-error.js';

/** The sentence for whoever started us, or undefined when it is a fault of ours. */
function sentenceOf(error: unknown): string | undefined {
  if (error instanceof ConfigError)
    return `these settings are wrong:\n${error.message.replaceAll(/^/gm, '  ')}`;
  const isOurs = [DatabaseError, EngineError, ListenError].some((kind) => error instanceof kind);
  return isOurs && error instanceof Error ? error.message : undefined;
}

/** Says on stderr why the program ends. */
export function explain(error: unknown): void {
  const sentence =
    sentenceOf(error) ?? (error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.stderr.write(`Mainspring cannot run: ${sentence}\n`);
}
