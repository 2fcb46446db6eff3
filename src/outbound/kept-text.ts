/** How much of an answer is kept with its attempt. */
export const KEPT_BYTES = 1_024;

/** Text that every database takes: a character that is cut in half is left out, NUL is shown as a replacement. */
export const keptText = (bytes: Uint8Array): string =>
  new TextDecoder().decode(bytes.subarray(0, KEPT_BYTES), { stream: true }).replaceAll('\0', '\ufffd');
