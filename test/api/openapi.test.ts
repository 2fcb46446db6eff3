import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { describeRoutes } from '../../src/api/openapi.js';
import { routes } from '../../src/api/routes.js';
import { readConfig } from '../../src/config.js';

const run = promisify(execFile);
const { version } = readConfig({});
const document = describeRoutes(routes, version);

test('docs/openapi.json is what the routes say (npm run openapi writes it)', async () => {
  expect(JSON.parse(await readFile('docs/openapi.json', 'utf8'))).toEqual(
    JSON.parse(JSON.stringify(document)),
  );
});

test('every route is in it, under a name of its own', () => {
  const documented = routes.filter(({ hidden }) => !hidden);
  const operations = documented.map(({ method, path }) => {
    const item = document.paths?.[path.replace(/:(\w+)/g, '{$1}')];
    return item?.[method];
  });
  expect(operations).not.toContain(undefined);
  expect(new Set(operations.map((operation) => operation?.operationId)).size).toBe(documented.length);
});

test('every operation says which failures it has', () => {
  for (const item of Object.values(document.paths ?? {})) {
    for (const operation of [item.get, item.post, item.put, item.patch, item.delete]) {
      if (!operation) continue;
      const statuses = Object.keys(operation.responses ?? {});
      expect(statuses).toEqual(expect.arrayContaining(['400', '500', '503']));
      if (operation.security?.length) expect(statuses).toEqual(expect.arrayContaining(['401', '403', '429']));
    }
  }
});

test('it is valid, as a linter of others sees it', async () => {
  const file = join(tmpdir(), `mainspring-openapi-${process.pid}.json`);
  await writeFile(file, JSON.stringify(document));
  const env = {
    ...process.env,
    REDOCLY_TELEMETRY: 'off',
    REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
    NODE_OPTIONS: '',
  };
  const cli = 'node_modules/@redocly/cli/bin/cli.js';
  const rules = ['no-server-example.com', 'operation-4xx-response', 'tag-description'].flatMap((rule) => [
    '--skip-rule',
    rule,
  ]);
  const { stderr } = await run(process.execPath, [cli, 'lint', file, '--format', 'stylish', ...rules], {
    env,
  });
  expect(stderr).toContain('Your API description is valid');
});
