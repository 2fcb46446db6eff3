/** Who may import whom. Read together with docs/architecture.md. */
const only = (name, from, allowed, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: `^src/${from}/` },
  to: { path: '^src/', pathNot: [`^src/${from}/`, ...allowed.map((folder) => `^src/${folder}`)] },
});
const TYPE_ONLY = { dependencyTypesNot: ['type-only'] };
/** What every part of the program may use. */
const GROUND = ['config\\.ts', 'log\\.ts', 'metrics\\.ts', 'tracing\\.ts', 'secrets/', 'schemas/'];

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, viaOnly: TYPE_ONLY } },
    only('schemas-stand-alone', 'schemas', []),
    only('domain-knows-only-nouns', 'domain', ['schemas/', 'messages/']),
    only('messages-know-only-schemas', 'messages', ['schemas/']),
    only('workflows-orchestrate', 'workflows', ['schemas/', 'domain/', 'messages/', 'activities/index']),
    only('db-knows-only-schemas', 'db', ['config\\.ts', 'log\\.ts', 'schemas/']),
    only('engine-is-about-temporal', 'engine', [...GROUND, 'domain/', 'messages/']),
    only('outbound-knows-nobody', 'outbound', []),
    only('timers-write-rows', 'timers', [...GROUND, 'domain/', 'db/', 'engine/starter', 'outbound/guard']),
    only('activities-never-orchestrate', 'activities', [
      ...GROUND,
      'domain/',
      'messages/',
      'db/',
      'timers/',
      'outbound/',
      'engine/starter',
    ]),
    only('api-is-thin', 'api', [
      ...GROUND,
      'domain/',
      'messages/',
      'workflows/index',
      'db/',
      'timers/',
      'outbound/guard',
      'engine/starter',
      'process/',
    ]),
    only('workers-run-activities', 'worker', [
      ...GROUND,
      'activities/',
      'messages/',
      'workflows/',
      'engine/',
      'db/',
      'process/',
    ]),
    only('client-is-standalone', 'client', ['schemas/']),
    {
      name: 'sandbox-imports-types-only',
      severity: 'error',
      comment: 'Workflow code is bundled: zod would double the bundle, and activities cannot run there.',
      from: { path: '^src/(workflows|domain|messages|client)/' },
      to: { path: '^src/(schemas|activities)/', ...TYPE_ONLY },
    },
    {
      name: 'domain-takes-types-of-messages',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { path: '^src/messages/', ...TYPE_ONLY },
    },
    {
      name: 'sandbox-has-no-node',
      severity: 'error',
      from: { path: '^src/(workflows|domain|messages)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'sandbox-packages',
      severity: 'error',
      from: { path: '^src/(workflows|messages)/' },
      to: { path: 'node_modules', pathNot: '@temporalio/(workflow|common)' },
    },
    {
      name: 'domain-has-no-packages',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { path: 'node_modules' },
    },
    {
      name: 'schemas-use-zod-only',
      severity: 'error',
      from: { path: '^src/schemas/' },
      to: { path: 'node_modules', pathNot: 'node_modules/(zod|ms|@types/ms|tinyduration)/' },
    },
    {
      name: 'api-starts-workflows-by-name',
      severity: 'error',
      from: { path: '^src/(api|client)/' },
      to: { path: '^src/workflows/', ...TYPE_ONLY },
    },
    {
      name: 'parts-know-types-of-the-process',
      severity: 'error',
      comment: "The process puts the parts together; only a part's main runs it.",
      from: { path: '^src/(api|worker)/', pathNot: 'main\\.ts$|commands/' },
      to: { path: '^src/process/', ...TYPE_ONLY },
    },
    {
      name: 'db-does-not-import-the-workflow-sdk',
      severity: 'error',
      from: { path: '^src/db/' },
      to: { path: '@temporalio/workflow' },
    },
    { name: 'src-does-not-import-tests', severity: 'error', from: { path: '^src/' }, to: { path: '^test/' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
      extensions: ['.ts', '.js'],
    },
  },
};
