import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { DEMO_KEY } from '../support/api.js';
import { barriersOn, describeBoard, isTooWide, PHONE } from '../support/browser.js';
import { until } from '../support/until.js';

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name, exact: true });
const alert = (page: Page) => page.getByRole('alert');

describeBoard('signing in', (bench) => {
  test('takes a key, keeps it for the tab, and forgets it when it is signed out', async () => {
    const page = await bench().open({ key: null, at: 'timers' });
    await page.getByLabel('API key').fill(DEMO_KEY);
    await page.keyboard.press('Enter');
    await heading(page, 'Timers').waitFor();
    await page.reload();
    await heading(page, 'Timers').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await heading(page, 'Mainspring').waitFor();
    expect(await page.evaluate('sessionStorage.getItem("mainspring.credentials")')).toBeNull();
    await page.reload();
    await heading(page, 'Mainspring').waitFor();
  });

  test('says in words why a key is not taken', async () => {
    const page = await bench().open({ key: null });
    await page.getByLabel('API key').fill('mnt_not_a_key_of_anybodys');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await alert(page).getByText('the credential is not valid').waitFor();
    expect(await heading(page, 'Mainspring').isVisible()).toBe(true);
  });

  test('takes an admin token beside the key, and refuses one that nobody signed', async () => {
    const { key, adminToken } = await bench().mainspring.org();
    const page = await bench().open({ key: null });
    await page.getByLabel('API key').fill(key);
    await page.getByLabel('Admin token').fill(`${adminToken.slice(0, -6)}AAAAAA`);
    await page.keyboard.press('Enter');
    await alert(page).waitFor();
    await page.getByLabel('Admin token').fill(adminToken);
    await page.keyboard.press('Enter');
    await page.getByText('Key and admin token').waitFor();
  });

  test('goes on without a key where the server takes its own machine', async () => {
    const page = await bench().open({ key: null });
    await page.getByRole('button', { name: 'Continue without a key' }).click();
    await heading(page, 'Overview').waitFor();
  });

  test('leads back here when the key is revoked', async () => {
    const { mainspring, open } = bench();
    const { adminToken: token } = await mainspring.org();
    const made = await mainspring.send('/api-keys', { token, body: { name: 'for the board' } });
    const { key, apiKey } = made.json<{ key: string; apiKey: { id: string } }>();
    const page = await open({ key, at: 'timers' });
    await page.getByText('No timers yet').waitFor();
    await mainspring.send(`/api-keys/${apiKey.id}`, { method: 'DELETE', token });
    await alert(page).getByText('not valid any more').waitFor();
  });

  test('fits a phone, light and dark, without a barrier', async () => {
    for (const isDark of [false, true]) {
      const page = await bench().open({ key: null, size: PHONE, isDark });
      await heading(page, 'Mainspring').waitFor();
      await until(async () => (await page.getByRole('button').count()) === 2);
      expect(await barriersOn(page)).toEqual([]);
      expect(await isTooWide(page)).toBe(false);
    }
  });
});
