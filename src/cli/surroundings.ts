import { existsSync } from 'node:fs';

const FILE = '.env';

/** Reads the settings of this folder, where there are some; variables that are set win. */
export function readEnvFile(): void {
  if (existsSync(FILE)) process.loadEnvFile(FILE);
}
