import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { type NamedPart, type Step, shutDown } from '../../src/process/shutdown.js';
import { silentLog } from '../support/databases.js';

const config = { SHUTDOWN_TIMEOUT_SECONDS: 0.2 };

/** Parts and steps that write down what happens to them. */
function recorded() {
  const said: string[] = [];
  const part = (name: string): NamedPart => ({
    name,
    beginShutdown: () => void said.push(`${name} takes nothing new`),
    close: async () => {
      await sleep(5);
      said.push(`${name} closed`);
    },
  });
  const step = (name: string): Step => ({ name, run: async () => void said.push(`${name} closed`) });
  return { said, part, step };
}

test('all parts stop taking in before the first one ends, and the stores close last', async () => {
  const { said, part, step } = recorded();
  const closing = [step('database'), step('server')];
  expect(await shutDown([part('API'), part('workers')], { closing, config, log: silentLog })).toBe(true);
  expect(said).toEqual([
    'API takes nothing new',
    'workers takes nothing new',
    'API closed',
    'workers closed',
    'database closed',
    'server closed',
  ]);
});

test('a part that fails to close does not keep the others from closing', async () => {
  const { said, part, step } = recorded();
  const broken = { ...part('API'), close: () => Promise.reject(new Error('stuck')) };
  expect(await shutDown([broken], { closing: [step('database')], config, log: silentLog })).toBe(false);
  expect(said).toContain('database closed');
});

test('what does not end within the limit is left', async () => {
  const { part } = recorded();
  const endless = { ...part('workers'), close: () => new Promise<void>(() => undefined) };
  const startedAt = performance.now();
  expect(await shutDown([endless], { closing: [], config, log: silentLog })).toBe(false);
  expect(performance.now() - startedAt).toBeLessThan(1_000);
});
