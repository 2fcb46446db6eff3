import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from './program.js';

/** A folder for all that a run writes. */
export interface Scratch {
  folder: string;
  remove(): void;
  /** Leaves it to whoever wants to know what happened. */
  keep(): void;
}

/** Other users may enter it, because PostgreSQL runs as one. It goes with the harness unless it is kept. */
export function makeScratch(name: string): Scratch {
  const folder = mkdtempSync(join(tmpdir(), `mainspring-chaos-${name}-`));
  chmodSync(folder, 0o755);
  const clear = () => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  const keep = atExit(clear);
  return {
    folder,
    keep,
    remove() {
      keep();
      clear();
    },
  };
}
