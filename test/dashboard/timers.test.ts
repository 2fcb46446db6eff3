import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { barriersOn, describeBoard, isTooWide, PHONE } from '../support/browser.js';
import { callsTo } from '../support/mainspring.js';
import { closedPort } from '../support/receiver.js';
import { until } from '../support/until.js';

const rowOf = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name });
const toast = (page: Page, text: string) =>
  page.getByRole('status', { name: 'What came of it' }).getByText(text);

describeBoard('the page of timers', (bench) => {
  test('says how to begin where there is none', async () => {
    const { mainspring, open } = bench();
    const { key } = await mainspring.org();
    const page = await open({ key, at: 'timers' });
    await page.getByText('No timers yet').waitFor();
    const example = await page.getByLabel('the example', { exact: true }).locator('pre').textContent();
    expect(example).toContain(`curl ${mainspring.url}/timers`);
    const body = /-d '(.*)'/s.exec(example ?? '')?.[1] ?? '';
    const made = await mainspring.send('/timers', { key, body });
    expect(made.status).toBe(201);
    await page.getByRole('link', { name: 'my first timer' }).waitFor();
  });

  test('opens at an address that was cut off in the middle, and says that nothing is there', async () => {
    const page = await bench().open({ at: 'timers/%E0%' });
    await page.getByRole('alert').waitFor();
    await page.getByRole('link', { name: '← Timers' }).waitFor();
  });

  test('counts down, and shows a timer that is made or fired meanwhile', async () => {
    const { mainspring, open } = bench();
    const page = await open({ at: 'timers' });
    await page.getByRole('heading', { level: 1, name: 'Timers' }).waitFor();
    const { name } = await mainspring.createTimer({ name: 'seen at once', duration: '20s' });
    const time = rowOf(page, name).locator('time');
    await time.waitFor();
    const before = await time.textContent();
    expect(before).toMatch(/^in \d+s$/);
    await until(async () => (await time.textContent()) !== before);
    await page.getByRole('button', { name: `Fire now ${name}` }).click();
    await toast(page, 'fires now').waitFor();
    await rowOf(page, name).getByText('fired', { exact: true }).waitFor();
    expect(await rowOf(page, name).getByRole('button').count()).toBe(0);
  });

  test('asks before it cancels, by keyboard alone, and gives the focus back', async () => {
    const { mainspring, open } = bench();
    const { id, name } = await mainspring.createTimer({ name: 'not wanted any more' });
    const page = await open({ at: 'timers' });
    const button = page.getByRole('button', { name: `Cancel ${name}` });
    await button.waitFor();
    await button.focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: `Cancel “${name}”?` });
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await button.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true);
    expect((await mainspring.getTimer(id)).status).toBe('scheduled');

    await page.keyboard.press('Enter');
    await dialog.getByLabel('Reason').fill('changed my mind');
    await page.keyboard.press('Enter');
    await toast(page, 'is cancelled').waitFor();
    await until(async () => (await page.evaluate('document.activeElement.textContent')) === 'Timers');
    expect(await mainspring.getTimer(id)).toMatchObject({
      status: 'cancelled',
      cancelReason: 'changed my mind',
      cancelledBy: 'the board',
    });
  });

  test('moves a timer, and says what is wrong with a duration in the words of the API', async () => {
    const { mainspring, open } = bench();
    const { id, name, fireAt } = await mainspring.createTimer({ name: 'to be moved' });
    const page = await open({ at: `timers/${id}` });
    await page.getByRole('button', { name: `Move ${name}` }).click();
    await page.getByLabel('From now on').fill('soon');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByRole('alert').getByText('duration').waitFor();
    await page.getByLabel('From now on').fill('3h');
    await page.keyboard.press('Enter');
    await toast(page, 'is due').waitFor();
    const moved = await mainspring.getTimer(id);
    expect(Date.parse(moved.fireAt)).toBeGreaterThan(Date.parse(fireAt) + 3_600_000);
  });

  test('filters by status, tenant and name, in its address', async () => {
    const { mainspring, open } = bench();
    const tenantId = 'tenant-of-the-filter';
    await mainspring.createTimer({ name: 'the one', tenantId });
    await mainspring.createTimer({ name: 'the other', tenantId });
    const page = await open({ at: 'timers' });
    await page.getByLabel('Tenant').fill(tenantId);
    await page.keyboard.press('Enter');
    await rowOf(page, 'the other').waitFor();
    await page.getByLabel('Name').fill('the one');
    await page.keyboard.press('Enter');
    await rowOf(page, 'the other').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Failed' }).click();
    await page.getByText('No timer is like that.').waitFor();
    expect(page.url()).toMatch(/status=failed/);
    await page.goBack();
    await rowOf(page, 'the one').waitFor();
  });

  test('loads more than fifty when it is asked to', async () => {
    const { mainspring, open } = bench();
    const { key } = await mainspring.org();
    const timer = { tenantId: 't', requestedBy: 'a test', duration: '2h' };
    const timers = Array.from({ length: 60 }, (_, number) => ({ ...timer, name: `timer ${number}` }));
    await mainspring.send('/timers/batch', { key, body: { timers } });
    const page = await open({ key, at: 'timers' });
    await page.getByRole('button', { name: 'Load more' }).click();
    await page.getByRole('link', { name: 'timer 0', exact: true }).waitFor();
    expect(await page.getByRole('row').count()).toBe(61);
    expect(await page.getByRole('button', { name: 'Load more' }).count()).toBe(0);
  });

  test('shows of one timer what it does, what was delivered, and the way to its run', async () => {
    const { mainspring, open } = bench();
    const url = `http://127.0.0.1:${await closedPort()}/`;
    const { id } = await mainspring.createTimer({ name: 'calls nobody', duration: '1s', ...callsTo(url) });
    const page = await open({ at: `timers/${id}` });
    await page.getByRole('heading', { level: 1, name: 'calls nobody' }).waitFor();
    await page.getByRole('link', { name: 'webhook' }).waitFor();
    await page.getByText('connection_refused').waitFor();
    const run = page.getByRole('link', { name: 'Temporal run' });
    expect(await run.getAttribute('href')).toMatch(/\/workflows\/timers%2Fdemo%2F/);
    expect(await barriersOn(page)).toEqual([]);
  });

  test('says so where there is no such timer', async () => {
    const page = await bench().open({ at: 'timers/0190aaaa-0000-7000-8000-000000000000' });
    await page.getByRole('alert').getByText('there is no such timer').waitFor();
  });

  test('has no barrier and fits a phone, light and dark', async () => {
    const { mainspring, open } = bench();
    await mainspring.createTimer({ name: `a name that goes on ${'and on '.repeat(15)}`.trim() });
    for (const isDark of [false, true]) {
      for (const size of [PHONE, { width: 1_280, height: 800 }]) {
        const page = await open({ at: 'timers', isDark, size });
        await page.getByRole('link', { name: 'a name that goes on' }).waitFor();
        expect(await barriersOn(page)).toEqual([]);
        expect(await isTooWide(page)).toBe(false);
      }
    }
  });
});
