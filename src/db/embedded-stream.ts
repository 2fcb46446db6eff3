import { Duplex } from 'node:stream';

/** Backend messages by which a server ends the greeting: AuthenticationOk, ReadyForQuery (idle). */
const GREETING = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]);
/** The first byte of a startup packet, which has no type, is the high byte of its length. */
const STARTUP = 0;
const TERMINATE = 0x58;

/**
 * Stands for the socket between a `pg` client and the embedded database: the client believes that it talks to a
 * server. Its greeting is answered here; what else it writes at once goes to the thread as one message.
 */
export class EmbeddedStream extends Duplex {
  constructor(private readonly send: (bytes: Uint8Array<ArrayBuffer>) => void) {
    super();
  }

  connect(): this {
    process.nextTick(() => this.emit('connect'));
    return this;
  }

  override _read(): void {
    // Answers are pushed as they come: the client asks for one thing at a time.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#write([chunk], done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.#write(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  #write(parts: Buffer[], done: () => void): void {
    const kind = parts[0]?.[0];
    if (kind === STARTUP) this.push(GREETING);
    else if (kind === TERMINATE) this.destroy();
    else this.send(joined(parts));
    done();
  }

  /** What a client asks of a socket besides: there is nothing to do. */
  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }
}

/** A copy that fills its own memory, so that it can be handed to another thread without a further one. */
function joined(parts: Buffer[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
