/** ES modules under Jest: TypeScript by swc, `./x.js` resolved to `./x.ts`. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } },
    ],
  },
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    // Examples import it as programs do.
    '^mainspring/plugin$': '<rootDir>/src/plugin/index.ts',
  },
  testPathIgnorePatterns: [
    '/node_modules/',
    '<rootDir>/test/chaos/',
    '<rootDir>/test/seed/',
    '<rootDir>/test/fuzz/',
  ],
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
  testTimeout: 30_000,
  maxWorkers: 2,
  // ES modules of each file stay in its worker's memory: a worker that has grown so far is followed by a new one.
  workerIdleMemoryLimit: '1.5GB',
};
