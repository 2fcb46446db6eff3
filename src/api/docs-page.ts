import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const compress = promisify(gzip);
const require = createRequire(import.meta.url);

/** The page that shows the OpenAPI document: nothing inline, so that its policy needs no exception. */
export const DOCS_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mainspring API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/api-docs/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<script src="/api-docs/swagger-ui-bundle.js"></script>
<script src="/api-docs/show.js"></script>
</body>
</html>
`;

const SHOW = "SwaggerUIBundle({ url: '/openapi.json', dom_id: '#page', deepLinking: true });\n";
const SCRIPT = 'text/javascript; charset=utf-8';

/** Files of the page: where they come from and what they are. */
const FILES = {
  'swagger-ui.css': { read: () => fromPackage('swagger-ui.css'), mediaType: 'text/css; charset=utf-8' },
  'swagger-ui-bundle.js': { read: () => fromPackage('swagger-ui-bundle.js'), mediaType: SCRIPT },
  'show.js': { read: async () => Buffer.from(SHOW), mediaType: SCRIPT },
};
export type DocsFileName = keyof typeof FILES;
export const DOCS_FILES: [DocsFileName, ...DocsFileName[]] = [
  'swagger-ui.css',
  'swagger-ui-bundle.js',
  'show.js',
];

const fromPackage = (name: string) => readFile(require.resolve(`swagger-ui-dist/${name}`));

export interface DocsFile {
  mediaType: string;
  plain: Buffer;
  compressed: Buffer;
}
const loaded = new Map<DocsFileName, Promise<DocsFile>>();

/** A file of the page, read and compressed once. */
export function docsFile(name: DocsFileName): Promise<DocsFile> {
  const known = loaded.get(name) ?? load(name);
  loaded.set(name, known);
  return known;
}

async function load(name: DocsFileName): Promise<DocsFile> {
  const { read, mediaType } = FILES[name];
  const plain = await read();
  return { mediaType, plain, compressed: await compress(plain) };
}
