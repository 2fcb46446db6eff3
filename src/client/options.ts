export interface MainspringOptions {
  /** Where the API is; `MAINSPRING_BASE_URL`, then `MINOOTS_BASE_URL`, then `http://localhost:3000`. */
  baseUrl?: string;
  /** `mnt_…`; `MAINSPRING_API_KEY`, then `MINOOTS_API_KEY`. A server in development needs none from the same machine. */
  apiKey?: string;
  /**
   * An admin token; `MAINSPRING_TOKEN`. Agents, tools, instructions, brokers and API keys are called with it, everything else
   * with the key where there is one. It can do what only an administrator may: not for pages in a browser.
   */
  token?: string;
  /** Sends the requests; the platform's own `fetch` by default. */
  fetch?: typeof fetch;
  /** Limit for one attempt in ms, 30,000 by default. A call that waits for a timer gets the wait on top. */
  timeoutMs?: number;
  /** How often a request that is safe to repeat is sent again, 4 by default. */
  retries?: number;
}

export interface Settings {
  baseUrl: string;
  apiKey: string | undefined;
  token: string | undefined;
  fetch: typeof fetch;
  timeoutMs: number;
  retries: number;
}

/** The first of these variables that is set; none in a browser. */
export function fromEnvironment(...names: string[]): string | undefined {
  if (typeof process === 'undefined') return undefined;
  return names.map((name) => process.env?.[name]).find((value) => value !== undefined && value !== '');
}

export const trimmed = (baseUrl: string) => baseUrl.replace(/\/+$/, '');
/** Bound: a browser's fetch refuses to be called as a method of another object. */
export const ownFetch = () => globalThis.fetch.bind(globalThis);

export function completeOptions(options: MainspringOptions): Settings {
  const baseUrl =
    options.baseUrl ?? fromEnvironment('MAINSPRING_BASE_URL', 'MINOOTS_BASE_URL') ?? 'http://localhost:3000';
  return {
    baseUrl: trimmed(baseUrl),
    token: options.token ?? fromEnvironment('MAINSPRING_TOKEN'),
    apiKey: options.apiKey ?? fromEnvironment('MAINSPRING_API_KEY', 'MINOOTS_API_KEY'),
    fetch: options.fetch ?? ownFetch(),
    timeoutMs: options.timeoutMs ?? 30_000,
    retries: options.retries ?? 4,
  };
}
