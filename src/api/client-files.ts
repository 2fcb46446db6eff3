import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Beside the built API, and where the build puts it when the API runs from its sources. */
const FOLDERS = ['../client/', '../../dist/client/'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);
const MODULE = /^(?:[a-z0-9-]+\/)?[a-z0-9-]+\.js$/;

type ClientFiles = ReadonlyMap<string, Buffer>;

async function modulesIn(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true }).catch(() => []);
  return found.map((path) => path.split(sep).join('/')).filter((path) => MODULE.test(path));
}

async function load(): Promise<ClientFiles> {
  for (const folder of FOLDERS) {
    const names = await modulesIn(folder);
    if (!names.includes('index.js')) continue;
    const files = names.sort().map(async (name) => [name, await readFile(join(folder, name))] as const);
    return new Map(await Promise.all(files));
  }
  return new Map();
}

let loaded: Promise<ClientFiles> | null = null;

/** The client's modules by their path, `index.js` among them; none where it was not built. Read once. */
export function clientFiles(): Promise<ClientFiles> {
  loaded ??= load();
  return loaded;
}
