import { span } from './span.js';

const WHOLE = new Intl.NumberFormat('en-GB');
/** 12,345 */
export const count = (number: number) => WHOLE.format(number);

const BRIEF = new Intl.NumberFormat('en-GB', { notation: 'compact', maximumFractionDigits: 1 });
/** 12.3K, where there is little room. */
export const brief = (number: number) => BRIEF.format(number);

/** `1 timer`, `3 timers`. */
export const several = (number: number, noun: string, plural = `${noun}s`) =>
  `${count(number)} ${number === 1 ? noun : plural}`;

const SMALL_USD = 0.01;
/** US dollars, so exactly that small ones are not nothing; null: the price of a model is not known. */
export function usd(amount: number | null): string {
  if (amount === null) return 'price not known';
  return `$${amount > 0 && amount < SMALL_USD ? Number(amount.toPrecision(2)) : amount.toFixed(2)}`;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
/** Milliseconds that something took, as people read them. */
export function took(millis: number | null | undefined): string {
  if (millis === null || millis === undefined) return '–';
  if (millis < SECOND_MS) return `${Math.round(millis)} ms`;
  // 59.95 s and more would be 60.0 s.
  return millis < MINUTE_MS - 50 ? `${(millis / SECOND_MS).toFixed(1)} s` : span(millis);
}
