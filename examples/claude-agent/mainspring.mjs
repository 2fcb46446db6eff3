/** The package `mainspring`: as it is installed here, else as the repository around this folder has built it. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

function fromRepository() {
  try {
    // A file outside this folder belongs to the repository's own package, which knows itself by its name.
    return import(pathToFileURL(createRequire(new URL('..', import.meta.url)).resolve('mainspring')).href);
  } catch {
    console.error('mainspring is not there: npm install, and npm run build in its repository.');
    process.exit(1);
  }
}

export const { AIWMClient } = await import('mainspring').catch((error) => {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  return fromRepository();
});
