import { register } from 'node:module';

/** Jest loads this file as it stands, before it transforms anything; the TypeScript behind it needs the hooks. */
export default async function setUp() {
  register('./typescript-hooks.mjs', import.meta.url);
  const { startSurroundings } = await import('./surroundings.ts');
  await startSurroundings();
}
