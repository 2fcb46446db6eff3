/** Before each piece: which output it is of, three zeros, and its length. */
const HEADER_BYTES = 8;
const MOST_BYTES = 1_048_576;

const isHeader = (bytes: Buffer, at: number) =>
  (bytes[at] ?? 3) <= 2 && bytes[at + 1] === 0 && bytes[at + 2] === 0 && bytes[at + 3] === 0;

/** What a container wrote, without the runtime's marks between the pieces; of a long text the end. */
export function logText(bytes: Buffer): string {
  const pieces: Buffer[] = [];
  let at = 0;
  while (at + HEADER_BYTES <= bytes.length && isHeader(bytes, at)) {
    const length = bytes.readUInt32BE(at + 4);
    pieces.push(bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length));
    at += HEADER_BYTES + length;
  }
  // One with a terminal writes without marks.
  if (at < bytes.length) pieces.push(bytes.subarray(at));
  const text = Buffer.concat(pieces);
  return text.subarray(Math.max(0, text.length - MOST_BYTES)).toString('utf8');
}
