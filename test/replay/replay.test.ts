import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { bundleWorkflowCode, DefaultLogger, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { quietRuntime, testBundle } from '../support/engine.js';

const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));
quietRuntime();
const recorded = readdirSync(pathOf('./histories')).filter((name) => name.endsWith('.json'));

const replay = (workflowBundle: WorkflowBundleOption, name: string) =>
  Worker.runReplayHistory(
    { workflowBundle },
    historyFromJSON(JSON.parse(readFileSync(pathOf(`./histories/${name}`), 'utf8'))),
  );

/** Every workflow type that can be running somewhere has to have a history here. */
const TYPES = [
  'agent',
  'broker',
  'endpoint',
  'event-feed',
  'mailbox',
  'retention',
  'supervisor',
  'sweep',
  'task',
  'timer-hour',
  'timer-window',
];

describe('a workflow that runs since an earlier version', () => {
  test.each(recorded)('%s goes on', async (name) => {
    await replay(testBundle(), name);
  });

  test.each(TYPES)('of type %s is among them', (type) => {
    expect(recorded.filter((name) => name.startsWith(type))).not.toEqual([]);
  });

  test('is protected: a change that would break it is found', async () => {
    const logger = new DefaultLogger('ERROR');
    const planted = await bundleWorkflowCode({ workflowsPath: pathOf('./planted/index.ts'), logger });
    await expect(replay(planted, 'timer-window.json')).rejects.toThrow(/[Nn]ondetermin|TMPRL1100/);
  });
});
