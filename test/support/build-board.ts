import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('../..', import.meta.url));
const BUILT = join(root, 'dist/dashboard/index.html');
/** What the board is built from. */
const SOURCES = ['src/dashboard', 'src/client', 'src/schemas'];

function changedAt(path: string): number {
  const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: 0 };
  return mtimeMs;
}

const latestChange = () =>
  Math.max(
    ...SOURCES.flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
        changedAt(join(root, folder, name)),
      ),
    ),
  );

/** Builds the board where the API looks for it, if a source has changed since. */
export async function buildBoard(): Promise<void> {
  if (changedAt(BUILT) > latestChange()) return;
  await build({ configFile: join(root, 'src/dashboard/vite.config.mjs') });
}
