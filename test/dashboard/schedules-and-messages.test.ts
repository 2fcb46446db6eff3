import { expect, test } from '@jest/globals';
import { DEMO_KEY } from '../support/api.js';
import { barriersOn, describeBoard, isTooWide, PHONE } from '../support/browser.js';
import { eventually } from '../support/mainspring.js';

describeBoard('the pages of schedules and messages', (bench) => {
  const send = async <T>(path: string, body?: unknown, credential: object = { key: DEMO_KEY }) => {
    const answer = await bench().mainspring.send(path, {
      ...(body !== undefined && { body }),
      ...credential,
    });
    if (answer.status >= 300) throw new Error(answer.text);
    return answer.json<T>();
  };

  test('schedules are shown with their next runs, paused, resumed and run at once', async () => {
    const page = await bench().open({ at: 'schedules' });
    await page.getByText('No schedules yet').waitFor();
    expect(await barriersOn(page)).toEqual([]);
    const wish = {
      name: 'each morning',
      agent_name: 'MarketAgent',
      cron_expression: '0 8 * * *',
      delivery: [],
    };
    const { schedule } = await send<{ schedule: { id: string } }>('/schedules', wish);
    await page.reload();
    await page.getByText('0 8 * * * (UTC)').waitFor();
    await page.getByRole('button', { name: 'Pause each morning' }).click();
    await page.getByRole('button', { name: 'Resume each morning' }).waitFor();
    await page.getByRole('button', { name: 'Resume each morning' }).click();
    await page.getByText('“each morning” goes on.').waitFor();
    await page.getByRole('link', { name: 'each morning' }).click();
    await eventually(
      () => page.locator('.moments li').count(),
      (runs) => runs === 10,
    );
    await page.getByText('It has not run yet.').waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await page.getByRole('button', { name: 'Run now each morning' }).click();
    await page
      .getByRole('table', { name: /tasks that it started/ })
      .getByText('MarketAgent')
      .waitFor();
    const { tasks } = await send<{ tasks: unknown[] }>(`/schedules/${schedule.id}/history`);
    expect(tasks).toHaveLength(1);
    await page.getByRole('button', { name: 'Delete each morning' }).click();
    await page.getByRole('button', { name: 'Delete the schedule' }).click();
    await page.getByText('No schedules yet').waitFor();
  });

  test('mail is shown by agent, with dead letters that are sent again', async () => {
    const { key, adminToken: token } = await bench().mainspring.org();
    const own = { key };
    const page = await bench().open({ key, at: 'messages' });
    await page.getByText('No agents yet').waitFor();
    const agent = { name: 'a desk', topics: ['desk.new'], maxDeliveries: 1 };
    const { agent: desk } = await send<{ agent: { id: string } }>('/agents', agent, { token });
    await send(`/agents/${desk.id}/start`, {}, own);
    const payload = { order: 1042 };
    const message = { type: 'ticket', payload };
    const { message: sent } = await send<{ message: { id: string } }>(
      `/agents/${desk.id}/messages`,
      message,
      own,
    );
    type Inbox = { messages: { id: string; leaseId: string }[] };
    const take = async () => (await send<Inbox>(`/agents/${desk.id}/inbox`, undefined, own)).messages;
    const [held] = await take();
    await send(`/messages/${sent.id}/nack`, { leaseId: held?.leaseId, error: 'no such order' }, own);
    await page.getByRole('link', { name: 'a desk', exact: true }).click();
    await page.getByText('no such order').waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await page.getByRole('link', { name: /^ticket/ }).click();
    await page.getByText('"order": 1042').waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await page.getByRole('button', { name: /^Resend/ }).click();
    await page.getByText('It is in the mailbox once more.').waitFor();
    await eventually(
      async () => (await take()).length,
      (count) => count === 1,
    );
  });

  test('what was published on a topic is shown, and comes while somebody looks', async () => {
    const { key } = await bench().mainspring.org();
    const page = await bench().open({ key, at: 'messages?topic=desk.new' });
    await page.getByText('Nothing was published here yet').waitFor();
    const wish = { type: 'price', payload: { price: 214 } };
    await send('/topics/desk.new/messages', wish, { key });
    await page.getByText('{"price":214}').waitFor();
    expect(await barriersOn(page)).toEqual([]);
  });

  test.each(['schedules', 'messages'])('%s fit a phone, in the dark', async (at) => {
    const page = await bench().open({ at, size: PHONE, isDark: true });
    await page
      .getByText(at === 'schedules' ? 'No schedules yet' : 'MarketAgent')
      .first()
      .waitFor();
    expect(await isTooWide(page)).toBe(false);
    expect(await barriersOn(page)).toEqual([]);
  });
});
