/**
 * Kills what Mainspring is made of, and checks that nothing is lost: `node scripts/chaos.mjs [--full] [--seed n] [scenario …]`.
 * test/chaos/README.md says what it shows.
 */
import { register } from 'node:module';
import { build } from './build.mjs';
import { root } from './install.mjs';

process.chdir(root);
await build();
register('../test/support/typescript-hooks.mjs', import.meta.url);
await import('../test/chaos/run.ts');
