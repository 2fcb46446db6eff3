import { afterAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import type { Timer } from '../../src/schemas/timer.js';
import { barriersOn, describeBoard, isTooWide, PHONE } from '../support/browser.js';
import { callsTo } from '../support/mainspring.js';
import { openReceiver, type Receiver } from '../support/receiver.js';
import { until } from '../support/until.js';

const panel = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

let refuses: Receiver | undefined;
afterAll(() => refuses?.close());

describeBoard('overview, events and charts', (bench) => {
  test('the overview says how to begin where nothing is but the agents that came along', async () => {
    const page = await bench().open();
    await page.getByText('5 / 5').waitFor();
    await page.getByText('Nothing is here yet').waitFor();
    await page.getByText('Nothing needs you now.').waitFor();
    await panel(page, 'Due next').getByText('No timer is due within the hour.').waitFor();
    expect(await barriersOn(page)).toEqual([]);
  });

  test('the overview shows what is due next, what happens, and what needs somebody', async () => {
    const { mainspring, open } = bench();
    const { key } = await mainspring.org();
    refuses = await openReceiver((_, response) => response.writeHead(410).end());
    const make = (over: object) =>
      mainspring.send('/timers', { key, body: { tenantId: 't', requestedBy: 'a test', ...over } });
    await make({ name: 'the later one', duration: '40m' });
    await make({ name: 'the next one', duration: '20m' });
    await make({ name: 'far away', duration: '3h' });
    const page = await open({ key });
    await panel(page, 'Due next').getByText('the later one').waitFor();
    expect(await panel(page, 'Due next').getByRole('link').allTextContents()).toEqual([
      'All timers',
      'the next one',
      'the later one',
    ]);
    await make({ name: 'dies', duration: '1s', ...callsTo(refuses.url) });
    await panel(page, 'As it happens').getByText('dead').waitFor();
    await page.getByRole('link', { name: /^Look ?: 1 delivery died in the last 24 hours/ }).click();
    await until(() => page.url().includes('#/deliveries?status=dead'));
  });

  test('events are shown as they come, before those that were, by family, and held on request', async () => {
    const { mainspring, open } = bench();
    const { key } = await mainspring.org();
    const make = (name: string) =>
      mainspring.send('/timers', {
        key,
        body: { tenantId: 't', requestedBy: 'a test', name, duration: '1h' },
      });
    await make('made before');
    const page = await open({ key, at: 'events' });
    await page.getByRole('link', { name: 'made before' }).waitFor();
    await make('made meanwhile');
    await page.getByRole('link', { name: 'made meanwhile' }).waitFor();
    const subjects = () => page.locator('tbody a').allTextContents();
    await until(async () => (await subjects()).join() === 'made meanwhile,made before');

    await page.getByRole('button', { name: 'Pause' }).click();
    await make('made while held');
    await page.getByText('Held as they were').waitFor();
    expect(await subjects()).toEqual(['made meanwhile', 'made before']);
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('link', { name: 'made while held' }).waitFor();

    await page.getByRole('link', { name: 'task', exact: true }).click();
    await page.getByText('Nothing happened yet').waitFor();
    await page.getByRole('link', { name: 'timer', exact: true }).click();
    await page.getByRole('link', { name: 'made while held' }).waitFor();
    expect(await barriersOn(page)).toEqual([]);
  });

  test('charts are drawn for each period, with the figures to read beside them', async () => {
    const { mainspring, open } = bench();
    const { key } = await mainspring.org();
    const body = { tenantId: 't', requestedBy: 'a test', name: 'fires at once', duration: '1s' };
    const made = await mainspring.send('/timers', { key, body });
    await mainspring.send(`/timers/${made.json<{ timer: Timer }>().timer.id}?wait=20s`, { key });
    const page = await open({ key, at: 'charts?period=1h' });
    await until(async () => (await panel(page, 'Timers').textContent())?.includes('fired 1') ?? false);
    expect(await page.locator('canvas').count()).toBe(7);
    await panel(page, 'Timers').getByText('As a table').click();
    const row = panel(page, 'Timers').getByRole('row').nth(1);
    expect(await row.getByRole('cell').nth(1).textContent()).toBe('1');
    await page.getByRole('link', { name: '30 days' }).click();
    await until(() => page.url().endsWith('period=30d'));
    await panel(page, 'Timers').getByRole('heading').waitFor();
    expect(await barriersOn(page)).toEqual([]);
  });

  test('fit a phone in the dark', async () => {
    const { mainspring, open } = bench();
    await mainspring.createTimer({
      name: 'a timer with a rather long name that has to be cut',
      duration: '5m',
    });
    for (const [at, name] of [
      ['overview', 'Overview'],
      ['events', 'Events'],
      ['charts', 'Charts'],
    ] as const) {
      const page = await open({ at, size: PHONE, isDark: true });
      await page.getByRole('heading', { level: 1, name }).waitFor();
      await until(async () => (await page.locator('[aria-busy="true"]').count()) === 0);
      expect(await barriersOn(page)).toEqual([]);
      expect(await isTooWide(page)).toBe(false);
    }
  });
});
