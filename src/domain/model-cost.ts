/** In 10⁻⁹ US dollars a token. */
export interface TokenPrice {
  input: number;
  output: number;
  /** Questions of more tokens have another price, which is not known. */
  mostInput?: number;
}

export interface TokenUsage {
  input: number;
  output: number;
}

/** What tokens cost, in 10⁻⁹ US dollars; null where the price is not known. */
export function costOf(price: TokenPrice | null, { input, output }: TokenUsage): number | null {
  if (price === null || input > (price.mostInput ?? input)) return null;
  return Math.round(price.input * input + price.output * output);
}

const NANOS_PER_DOLLAR = 1_000_000_000;
/** A price for a million tokens, for one. */
export const perToken = (usdPerMillion: number): number => (usdPerMillion * NANOS_PER_DOLLAR) / 1_000_000;
export const toNanos = (usd: number): number => Math.round(usd * NANOS_PER_DOLLAR);
/** As people read it: dollars, null where a price was not known. */
export const toUsd = (nanos: number | null): number | null =>
  nanos === null ? null : nanos / NANOS_PER_DOLLAR;
