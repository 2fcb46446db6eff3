/** Media types whose text can be read. */
export const READABLE = [
  'text/plain',
  'text/markdown',
  'text/html',
  'application/json',
  'text/csv',
  'application/pdf',
] as const;
export type DocumentType = (typeof READABLE)[number];

const SAME_AS: Record<string, DocumentType> = {
  'application/xhtml+xml': 'text/html',
  'text/x-markdown': 'text/markdown',
  'application/csv': 'text/csv',
};
const BY_ENDING: Record<string, DocumentType> = {
  txt: 'text/plain',
  md: 'text/markdown',
  markdown: 'text/markdown',
  html: 'text/html',
  htm: 'text/html',
  json: 'application/json',
  csv: 'text/csv',
  pdf: 'application/pdf',
};
/** What servers say that do not know. */
const UNKNOWN = ['', 'application/octet-stream', 'binary/octet-stream'];

const isReadable = (type: string): type is DocumentType => READABLE.some((one) => one === type);

/** What a document is by its `Content-Type`, or, where its server does not know, by the end of its address; or null. */
export function documentTypeOf(
  contentType: string | null,
  url: string,
): { type: DocumentType; charset: string | null } | null {
  const [said = '', ...parameters] = (contentType ?? '').split(';').map((part) => part.trim());
  const name = said.toLowerCase();
  const charset =
    parameters.map((one) => /^charset="?([^"]+)"?$/i.exec(one)?.[1]).find((one) => one !== undefined) ?? null;
  if (isReadable(name)) return { type: name, charset };
  if (/^application\/[\w.+-]+\+json$/.test(name)) return { type: 'application/json', charset };
  const same = SAME_AS[name] ?? (UNKNOWN.includes(name) ? BY_ENDING[endingOf(url)] : undefined);
  return same ? { type: same, charset } : null;
}

const endingOf = (url: string) => /\.([A-Za-z]+)$/.exec(new URL(url).pathname)?.[1]?.toLowerCase() ?? '';
