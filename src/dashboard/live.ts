import { useEffect, useState } from 'preact/hooks';
import type { MainspringClient } from '../client/index.js';
import { news } from './news.js';
import { client, explain } from './session.js';

/** What a page shows, and what it says when it cannot. */
export interface Live<Data> {
  /** The last that was read; undefined until then. */
  data: Data | undefined;
  error: string | undefined;
  reload(): void;
}

type Load<Data> = (client: MainspringClient, signal: AbortSignal) => Promise<Data>;

const SETTLE_MS = 250;
/** For what no event tells of. */
const OFTEN_MS = 10_000;

/**
 * Reads something and reads it again soon after each event of `about` (`timer.`, `task.`), and every 10 s.
 * `key` names what is read: another key reads at once.
 */
export function useLive<Data>(key: string, about: readonly string[], load: Load<Data>): Live<Data> {
  const [state, setState] = useState<{ key: string; data?: Data; error?: string | undefined }>({ key });
  const [turn, setTurn] = useState(0);
  const now = client.value;

  useEffect(() => {
    if (!now) return;
    const leaving = new AbortController();
    load(now, leaving.signal).then(
      (data) => setState({ key, data, error: undefined }),
      (error: unknown) => {
        if (!leaving.signal.aborted) setState((last) => ({ ...last, error: explain(error) }));
      },
    );
    return () => leaving.abort();
  }, [key, turn, now]);

  useEffect(() => {
    const again = () => setTurn((last) => last + 1);
    let settling: ReturnType<typeof setTimeout> | undefined;
    const stopHearing = news.subscribe((event) => {
      if (!event || settling !== undefined || !about.some((family) => event.type.startsWith(family))) return;
      settling = setTimeout(() => {
        settling = undefined;
        again();
      }, SETTLE_MS);
    });
    const often = setInterval(again, OFTEN_MS);
    return () => {
      stopHearing();
      clearTimeout(settling);
      clearInterval(often);
    };
  }, [key]);

  const data = state.key === key ? state.data : undefined;
  return { data, error: state.error, reload: () => setTurn((last) => last + 1) };
}
