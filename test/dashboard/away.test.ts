import { afterAll, expect, test } from '@jest/globals';
import { barriersOn, describeBoard } from '../support/browser.js';
import { type CutOff, cutOff } from '../support/cut-off.js';
import { testAddress } from '../support/engine.js';
import { until } from '../support/until.js';

let way: CutOff | undefined;
afterAll(() => way?.close());

describeBoard(
  'the board while something is away',
  (bench) => {
    test('shows what it read last while Mainspring does not answer, and goes on by itself', async () => {
      const { mainspring, open } = bench();
      await mainspring.createTimer({ name: 'read before' });
      const page = await open({ at: 'timers' });
      await page.getByRole('link', { name: 'read before' }).waitFor();
      await page.context().setOffline(true);
      await page.getByText('Mainspring does not answer.').waitFor();
      expect(await page.getByRole('link', { name: 'read before' }).isVisible()).toBe(true);
      await page.getByRole('button', { name: 'Fire now read before' }).click();
      await page
        .getByRole('status', { name: 'What came of it' })
        .getByText('Mainspring does not answer')
        .waitFor();
      await mainspring.createTimer({ name: 'made meanwhile' });
      await page.context().setOffline(false);
      await page.getByRole('link', { name: 'made meanwhile' }).waitFor();
      await page.locator('.banner').waitFor({ state: 'detached' });
    });

    test('says so while Temporal does not answer, shows what is known without it, and takes it back', async () => {
      const page = await bench().open({ at: 'timers' });
      await page.getByRole('heading', { level: 1, name: 'Timers' }).waitFor();
      way?.hang();
      try {
        await page.getByText('no answer from Temporal').waitFor();
        expect(await barriersOn(page)).toEqual([]);
        await page.getByRole('link', { name: 'Overview' }).click();
        await page.getByRole('region', { name: 'Due next' }).getByRole('link').first().waitFor();
      } finally {
        way?.mend();
      }
      await page.getByText('no answer from Temporal').waitFor({ state: 'detached' });
    });

    test('shows a limited key its tenants, and says what is not for it', async () => {
      const { mainspring, open } = bench();
      const { adminToken: token, key } = await mainspring.org();
      const wish = { name: 'of one tenant', tenants: ['ours'] };
      const made = await mainspring.send('/api-keys', { token, body: wish });
      const { key: limited } = made.json<{ key: string }>();
      for (const tenantId of ['ours', 'theirs']) {
        const body = { tenantId, requestedBy: 'a test', name: `of ${tenantId}`, duration: '30m' };
        await mainspring.send('/timers', { key, body });
      }
      const page = await open({ key: null });
      await page.getByLabel('API key').fill(limited);
      await page.keyboard.press('Enter');
      await page.getByText('This key is limited to some tenants.', { exact: true }).waitFor();
      await page.getByRole('link', { name: 'of ours' }).waitFor();
      expect(await page.getByText('of theirs').count()).toBe(0);
      await page.goto(`${mainspring.url}/dashboard#/events`);
      await page.getByText('This page concerns the whole organisation.').waitFor();
      expect(await page.getByRole('alert').count()).toBe(0);
      expect(await barriersOn(page)).toEqual([]);
    });

    test('is led by keyboard: past the menu to the content, and from page to page', async () => {
      const page = await bench().open({ at: 'timers' });
      await page.getByRole('heading', { level: 1, name: 'Timers' }).waitFor();
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      const focused = () => page.evaluate('document.activeElement.textContent');
      expect(await focused()).toBe('Timers');
      await page.getByRole('link', { name: 'Events', exact: true }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'Events' }).waitFor();
      await until(async () => (await focused()) === 'Events');
      expect(await page.title()).toBe('Events · Mainspring');
    });
  },
  async () => {
    way = await cutOff(testAddress());
    return { temporalAddress: way.address };
  },
);
