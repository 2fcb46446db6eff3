/** The module that global-setup.mjs loaded: what it started, it stops. */
export default async function tearDown() {
  const { stopSurroundings } = await import('./surroundings.ts');
  await stopSurroundings();
}
