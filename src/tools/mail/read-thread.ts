/** What the thread is to read. */
export interface ReadJob {
  type: string;
  charset: string | null;
  bytes: Uint8Array;
  /** Pages after so many are not read. */
  mostCharacters: number;
  /** URLs of the modules that read HTML and PDF. */
  htmlReader: string;
  pdfReader: string;
}

export type ReadResult =
  | { kind: 'read'; text: string; title: string | null; isCut: boolean }
  | { kind: 'unreadable'; message: string };

/**
 * Runs in a thread, which evaluates the *text* of this function: it must not refer to anything outside itself but its
 * type imports.
 */
export async function runReadThread(): Promise<void> {
  const { parentPort, workerData } = await import('node:worker_threads');
  const { type, charset, bytes, mostCharacters, htmlReader, pdfReader } = workerData as ReadJob;

  const decoded = () => {
    try {
      return new TextDecoder(charset ?? 'utf-8').decode(bytes);
    } catch {
      // A charset that nobody knows.
      return new TextDecoder().decode(bytes);
    }
  };

  async function readHtml(): Promise<ReadResult> {
    const { convert } = (await import(htmlReader)) as typeof import('html-to-text');
    const html = decoded();
    const text = convert(html, {
      wordwrap: false,
      limits: { maxInputLength: 16_777_216 },
      selectors: [
        { selector: 'a', options: { ignoreHref: true } },
        { selector: 'img', format: 'skip' },
        ...['script', 'style', 'noscript', 'template', 'svg'].map((selector) => ({
          selector,
          format: 'skip',
        })),
      ],
    });
    const title = /<title[^>]*>([^<]{1,2000})</i.exec(html)?.[1];
    return { kind: 'read', text, title: title === undefined ? null : convert(title), isCut: false };
  }

  async function readPdf(): Promise<ReadResult> {
    const { getDocumentProxy } = (await import(pdfReader)) as typeof import('unpdf');
    const pdf = await getDocumentProxy(bytes);
    const pages: string[] = [];
    let characters = 0;
    let number = 1;
    for (; number <= pdf.numPages && characters <= mostCharacters; number++) {
      const { items } = await (await pdf.getPage(number)).getTextContent();
      const page = items
        .map((item: { str?: string; hasEOL?: boolean }) => (item.str ?? '') + (item.hasEOL ? '\n' : ''))
        .join('');
      characters += page.length;
      pages.push(page);
    }
    const { info } = (await pdf.getMetadata()) as { info?: { Title?: unknown } };
    const title = typeof info?.Title === 'string' ? info.Title : null;
    return { kind: 'read', text: pages.join('\n\n'), title, isCut: number <= pdf.numPages };
  }

  async function read(): Promise<ReadResult> {
    try {
      if (type === 'text/html') return await readHtml();
      if (type === 'application/pdf') return await readPdf();
      const text = decoded();
      if (type === 'application/json') JSON.parse(text);
      return { kind: 'read', text, title: null, isCut: false };
    } catch (error) {
      return { kind: 'unreadable', message: error instanceof Error ? error.message : String(error) };
    }
  }

  parentPort?.postMessage(await read());
}
