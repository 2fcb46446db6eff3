/** How long the secret before signs as well, in ms. */
export const OVERLAP_MS = 24 * 3_600_000;
