import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Keeps the last configuration where only this user can read it: it holds the agent's secrets. */
export function createFileCache(file) {
  return {
    get: () => readFile(file, 'utf8').catch(() => null),
    async set(text) {
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      await writeFile(`${file}.new`, text, { mode: 0o600 });
      await rename(`${file}.new`, file);
    },
  };
}
