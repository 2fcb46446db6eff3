import { register } from 'node:module';

/** `node --import ./test/support/typescript.mjs x.ts` runs TypeScript in a process of its own. */
register('./typescript-hooks.mjs', import.meta.url);
