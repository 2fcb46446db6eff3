import { writeFileSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';

/** Makes a data directory of the embedded database and writes it to the file that MAINSPRING_TEST_PGDATA names. */
export async function writeEmbeddedImage(file: string): Promise<void> {
  const database = await PGlite.create();
  const image = await database.dumpDataDir('none');
  await database.close();
  writeFileSync(file, Buffer.from(await image.arrayBuffer()));
}
