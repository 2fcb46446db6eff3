import { signal } from '@preact/signals';

/** How many requests the credential may make in a minute, and how many of them are left. */
export interface Allowance {
  limit: number;
  left: number;
}

/** As the latest answer told it; null where nothing is limited. */
export const allowance = signal<Allowance | null>(null);
/** How far the server's clock is ahead of this machine's, in ms; 0 where they agree within what can be told. */
export const skewMs = signal(0);

/** `Date` is in whole seconds, and an answer takes its time. */
const TELLABLE_MS = 2_000;
const numberAfter = (text: string | null, name: string) =>
  Number(new RegExp(`;${name}=(\\d+)`).exec(text ?? '')?.[1] ?? Number.NaN);

function note({ headers }: Response): void {
  const limit = numberAfter(headers.get('ratelimit-policy'), 'q');
  const left = numberAfter(headers.get('ratelimit'), 'r');
  if (!Number.isNaN(limit + left)) allowance.value = { limit, left };
  const ahead = Date.parse(headers.get('date') ?? '') - Date.now();
  if (!Number.isNaN(ahead)) skewMs.value = Math.abs(ahead) > TELLABLE_MS ? ahead : 0;
}

/** `fetch`, which takes note of what each answer says beside its body. */
export async function notingFetch(...call: Parameters<typeof fetch>): Promise<Response> {
  const response = await window.fetch(...call);
  note(response);
  return response;
}

const PACE_MS = 2_000;
const SLOW_MS = 10_000;
const SLOWEST_MS = 30_000;

/** How long to leave the server alone between two reads of the same, so that the board does not use up what a key may. */
export function paceMs(): number {
  const now = allowance.peek();
  if (!now || now.left > now.limit * 0.6) return PACE_MS;
  return now.left > now.limit * 0.25 ? SLOW_MS : SLOWEST_MS;
}
