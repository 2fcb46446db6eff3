import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for all that a run writes; other users may enter it, because PostgreSQL runs as one. */
export function makeScratch(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `mainspring-chaos-${name}-`));
  chmodSync(folder, 0o755);
  return folder;
}

export const removeScratch = (folder: string) => rmSync(folder, { recursive: true, force: true });
