import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { freePort } from '../../src/engine/port.js';
import { silentLog } from '../support/databases.js';
import { tellingRuntime } from '../support/engine.js';
import { eventually, startMainspring, type TestMainspring } from '../support/mainspring.js';

interface Panel {
  type: string;
  title: string;
  targets?: { expr: string }[];
}
interface Alerts {
  groups: { rules: { alert: string; expr: string; annotations: Record<string, string> }[] }[];
}

const run = promisify(execFile);
const read = (file: string) => readFileSync(file, 'utf8');
const board: { panels: Panel[] } = JSON.parse(read('deploy/grafana/dashboards/mainspring.json'));
const alerts: Alerts = parse(read('deploy/prometheus/alerts.yml'));
const rules = alerts.groups.flatMap((group) => group.rules);
const shown = board.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
const operations = read('docs/operations.md');

const NAMES = /\b(?:mainspring|temporal|nodejs|process)_[a-z0-9_]+/g;
/** Without strings, in which a metric's name is none. */
const namesIn = (text: string) => text.replaceAll(/"[^"]*"/g, '').match(NAMES) ?? [];
const PARTS = /_(?:bucket|count|sum)$/;

describe('what is exposed', () => {
  let mainspring: TestMainspring;
  let text = '';
  beforeAll(async () => {
    const port = await freePort();
    tellingRuntime(silentLog, port);
    mainspring = await startMainspring({ env: { METRICS_PORT: String(port) } });
    await mainspring.createTimer({ duration: '1s' });
  });
  afterAll(() => mainspring.close());

  const missing = (names: Iterable<string>) => {
    const types = new Set([...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name));
    return [...new Set(names)].filter((name) => !types.has(name) && !types.has(name.replace(PARTS, '')));
  };
  const untilExposed = async (names: string[]) => {
    await eventually(
      async () => {
        text = (await mainspring.send('/metrics')).text;
        return missing(names);
      },
      (left) => left.length === 0,
    );
  };

  test('every metric of the board and of the alerts is there', async () => {
    await untilExposed([...shown, ...rules.map(({ expr }) => expr)].flatMap(namesIn));
  }, 30_000);

  test('every metric of ours is on the board, and explained', () => {
    const ours = [...text.matchAll(/^# TYPE (mainspring_\S+) /gm)].map(([, name]) => name ?? '');
    expect(ours.filter((name) => !shown.join(' ').includes(name))).toEqual([]);
    expect(ours.filter((name) => !operations.includes(`\`${name}\``))).toEqual([]);
  });

  test('what is due and not begun, what is switched off, and who does not answer is counted', async () => {
    expect(text).toMatch(/^mainspring_up\{part="database"\} 1$/m);
    expect(text).toMatch(/^mainspring_up\{part="temporal"\} 1$/m);
    expect(text).toMatch(/^mainspring_endpoints_off 0$/m);
    expect(text).toMatch(/^mainspring_overdue\{kind="delivery"\} 0$/m);
    const { database } = mainspring;
    const { id } = await mainspring.createTimer({ duration: '3h' });
    const hourAgo = new Date(Date.now() - 3_600_000);
    await database.db
      .updateTable('timers')
      .set({ fire_at: hourAgo, window_at: hourAgo })
      .where('id', '=', id)
      .execute();
    const { text: now } = await mainspring.send('/metrics');
    expect(now).toMatch(/^mainspring_overdue\{kind="timer"\} 1$/m);
  });
});

test('every alert says what to do, in a paragraph of docs/operations.md', () => {
  for (const { alert, annotations } of rules) {
    expect(annotations).toMatchObject({ summary: expect.any(String), description: expect.any(String) });
    expect(annotations.runbook).toBe(`docs/operations.md#${alert.toLowerCase()}`);
    expect(operations).toContain(`### ${alert}\n`);
  }
});

const hasPromtool = (() => {
  try {
    return execFileSync('promtool', ['--version'], { stdio: ['ignore', 'pipe', 'pipe'] }).length >= 0;
  } catch {
    return false;
  }
})();

describe('Prometheus', () => {
  if (!hasPromtool) {
    test('is left out: promtool (of the package prometheus) is not installed', () => undefined);
    return;
  }

  test('takes the configuration, and the alerts do what they say', async () => {
    await run('promtool', ['check', 'config', 'deploy/prometheus/prometheus.yml']);
    await run('promtool', ['test', 'rules', 'deploy/prometheus/alerts.test.yml']);
  });

  test('understands every expression of the board', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mainspring-board-'));
    const file = join(folder, 'rules.yml');
    const recorded = shown.map((expr, index) => ({
      record: `board:${index}`,
      expr: expr.replaceAll('$__rate_interval', '5m'),
    }));
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'board', rules: recorded }] }));
    await run('promtool', ['check', 'rules', file]);
    rmSync(folder, { recursive: true });
  });
});
