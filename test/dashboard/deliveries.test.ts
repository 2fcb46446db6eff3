import { expect, test } from '@jest/globals';
import { barriersOn, describeBoard, isTooWide, PHONE } from '../support/browser.js';
import { callsTo, eventually } from '../support/mainspring.js';
import { openReceiver } from '../support/receiver.js';

const ONCE = { retryPolicy: { maxAttempts: 1 } };

describeBoard('the page of deliveries', (bench) => {
  async function deadAt(url: string) {
    const { actionBundle } = callsTo(url);
    const wish = { duration: '0.1s', actionBundle: { ...actionBundle, ...ONCE } };
    const { id } = await bench().mainspring.createTimer(wish);
    const { status } = await bench().mainspring.getTimer(id, '20s');
    expect(['fired', 'failed']).toContain(status);
    return `${id}.1.0`;
  }

  test('says what stands here where nothing was delivered', async () => {
    const { key } = await bench().mainspring.org();
    const page = await bench().open({ key, at: 'deliveries' });
    await page.getByText('Nothing was delivered yet').waitFor();
    expect(await barriersOn(page)).toEqual([]);
  });

  test('shows every attempt with its answer, and sends a dead one again', async () => {
    let status = 404;
    const receiver = await openReceiver((_, response) => {
      response.writeHead(status).end(status === 404 ? 'nobody here' : 'thanks');
    });
    try {
      const id = await deadAt(receiver.url);
      const page = await bench().open({ at: 'deliveries?status=dead' });
      await page.getByRole('link', { name: `webhook ${id}` }).click();
      await page.getByText('nobody here').waitFor();
      expect(
        await page
          .getByRole('row')
          .filter({ hasText: 'Attempt 1' })
          .getByText('404', { exact: true })
          .count(),
      ).toBe(1);
      expect(await barriersOn(page)).toEqual([]);
      status = 200;
      await page.getByRole('button', { name: /^Redeliver/ }).click();
      await page.getByText('It is sent once more.').waitFor();
      await page.getByRole('row').filter({ hasText: 'Attempt 2' }).getByText('200').waitFor();
      expect(await page.getByRole('link', { name: id.split('.')[0] ?? '' }).count()).toBe(1);
      await eventually(
        () => receiver.received.map(({ headers }) => headers['webhook-id']),
        (ids) => ids.length === 2 && ids.every((one) => one === id),
      );
      await page.getByRole('button', { name: /^Redeliver/ }).click();
      await page.getByText('has taken it already').waitFor();
      await page.keyboard.press('Escape');
      expect(receiver.received).toHaveLength(2);
    } finally {
      await receiver.close();
    }
  });

  test('sends all again that died since a moment', async () => {
    let status = 410;
    const receiver = await openReceiver((_, response) => void response.writeHead(status).end());
    try {
      await deadAt(receiver.url);
      await deadAt(receiver.url);
      status = 200;
      const page = await bench().open({ at: 'deliveries' });
      await page.getByRole('button', { name: /^Redeliver dead ones/ }).click();
      expect(await barriersOn(page)).toEqual([]);
      await page.getByRole('button', { name: 'Redeliver them' }).click();
      await page.getByText(/^\d+ are sent once more/).waitFor();
      await eventually(
        () => receiver.received.length,
        (count) => count === 4,
      );
    } finally {
      await receiver.close();
    }
  });

  test('fits a phone, in the dark', async () => {
    const page = await bench().open({ at: 'deliveries', size: PHONE, isDark: true });
    await page.getByText('webhook').first().waitFor();
    expect(await isTooWide(page)).toBe(false);
    expect(await barriersOn(page)).toEqual([]);
  });
});
