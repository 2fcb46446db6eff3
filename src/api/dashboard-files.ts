import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const compress = promisify(gzip);

/** Beside the built API, and where the build puts it when the API runs from its sources. */
const FOLDERS = ['../dashboard/', '../../dist/dashboard/'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);
const MEDIA_TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

interface DashboardFile {
  mediaType: string;
  plain: Buffer;
  compressed: Buffer;
}
type DashboardFiles = ReadonlyMap<string, DashboardFile>;

async function read(path: string): Promise<DashboardFile> {
  const plain = await readFile(path);
  const mediaType = MEDIA_TYPES[extname(path)] ?? 'application/octet-stream';
  return { mediaType, plain, compressed: await compress(plain) };
}

async function load(): Promise<DashboardFiles> {
  for (const folder of FOLDERS) {
    const assets = await readdir(join(folder, 'assets')).catch(() => []);
    if (assets.length === 0) continue;
    const names = ['index.html', ...assets.map((name) => `assets/${name}`)];
    return new Map(
      await Promise.all(names.map(async (name) => [name, await read(join(folder, name))] as const)),
    );
  }
  return new Map();
}

let loaded: Promise<DashboardFiles> | null = null;

/** The board's files by their path, `index.html` among them; none where it was not built. Read once. */
export function dashboardFiles(): Promise<DashboardFiles> {
  loaded ??= load();
  return loaded;
}
