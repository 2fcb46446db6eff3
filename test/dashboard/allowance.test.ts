import { expect, test } from '@jest/globals';
import { describeBoard } from '../support/browser.js';

const LIMIT = 12;

describeBoard(
  'a key whose requests are used up',
  (bench) => {
    test('keeps what was read, says that it is so, and what was refused in the words of the API', async () => {
      const { mainspring, open } = bench();
      const { key } = await mainspring.org();
      const body = { tenantId: 't', requestedBy: 'a test', name: 'read before', duration: '1h' };
      await mainspring.send('/timers', { key, body });
      const page = await open({ key, at: 'timers' });
      await page.getByRole('link', { name: 'read before' }).waitFor();
      for (let sent = 0; sent < LIMIT; sent++) await mainspring.send('/timers', { key });

      await page.getByRole('button', { name: 'Fire now' }).click();
      const refusal = page.getByText(`more than ${LIMIT} requests in a minute`);
      await refusal.waitFor();
      await page.getByText(`This key’s ${LIMIT} requests a minute are used up.`).waitFor();
      expect(await page.getByRole('link', { name: 'read before' }).isVisible()).toBe(true);
    });
  },
  async () => ({ env: { RATE_LIMITS: 'on', RATE_LIMIT_PRO: String(LIMIT) } }),
);
