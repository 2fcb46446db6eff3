/** What debug lines are about: `DEBUG=aiwm:heartbeat`. */
type Topic = 'connect' | 'token' | 'heartbeat' | 'config' | 'callback';
/** Never a secret, a token, or a text that came from outside. */
type Facts = Record<string, string | number | boolean | null | undefined>;

const isBrowser = () => typeof process === 'undefined';

/** `DEBUG` in Node; in a browser `localStorage.debug`, as the package of that name reads it. */
function wanted(): string {
  if (!isBrowser()) return process.env?.DEBUG ?? '';
  try {
    const { localStorage } = globalThis as { localStorage?: { debug?: unknown } };
    return typeof localStorage?.debug === 'string' ? localStorage.debug : '';
  } catch {
    // A page may be forbidden to look.
    return '';
  }
}

function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(name);
}

function isWanted(name: string): boolean {
  const patterns = wanted()
    .split(/[\s,]+/)
    .filter((pattern) => pattern !== '');
  const isExcluded = patterns.some((pattern) => pattern.startsWith('-') && matches(pattern.slice(1), name));
  return !isExcluded && patterns.some((pattern) => matches(pattern, name));
}

/** Writes a line where `DEBUG` asks for its topic (`aiwm:*`, lists, `-aiwm:x`): to stderr, or a browser's console. */
export function debug(topic: Topic, fact: string, facts: Facts = {}): void {
  const name = `aiwm:${topic}`;
  if (!isWanted(name)) return;
  const line = `${new Date().toISOString()} ${name} ${fact} ${JSON.stringify(facts)}`;
  // biome-ignore lint/suspicious/noConsole: whoever set DEBUG in a browser looks there.
  if (isBrowser()) console.debug(line);
  else process.stderr.write(`${line}\n`);
}
