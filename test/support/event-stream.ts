/** What a browser's EventSource would hand on. */
export interface Heard<Data = unknown> {
  id?: string;
  event?: string;
  data: Data;
}

/** A stream that is read block by block, whatever chunks it comes in. */
export interface HeardStream<Data> {
  response: Response;
  /** The next message, or null when the stream has ended. */
  next(): Promise<Heard<Data> | null>;
  /** All that comes until it ends. */
  rest(): Promise<Heard<Data>[]>;
  leave(): void;
}

function parse<Data>(block: string): Heard<Data> | null {
  const fields: Record<string, string> = {};
  for (const line of block.split('\n')) {
    const [name, value = ''] = line.split(/: ?(.*)/s);
    if (name) fields[name] = value;
  }
  if (fields.data === undefined) return null;
  return {
    ...(fields.id === undefined ? {} : { id: fields.id }),
    ...(fields.event === undefined ? {} : { event: fields.event }),
    data: JSON.parse(fields.data),
  };
}

export async function openStream<Data = unknown>(
  url: string,
  headers: Record<string, string>,
): Promise<HeardStream<Data>> {
  const leaving = new AbortController();
  const response = await fetch(url, {
    headers: { accept: 'text/event-stream', ...headers },
    signal: leaving.signal,
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  async function next(): Promise<Heard<Data> | null> {
    for (;;) {
      const [block, ...rest] = text.split('\n\n');
      if (rest.length > 0 && block !== undefined) {
        text = rest.join('\n\n');
        const heard = parse<Data>(block);
        if (heard) return heard;
        continue;
      }
      const chunk = await reader?.read();
      if (!chunk || chunk.done) return null;
      text += chunk.value;
    }
  }
  return {
    response,
    next,
    async rest() {
      const heard: Heard<Data>[] = [];
      for (let one = await next(); one !== null; one = await next()) heard.push(one);
      return heard;
    },
    leave: () => leaving.abort(),
  };
}
