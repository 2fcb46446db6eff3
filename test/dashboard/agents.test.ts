import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { barriersOn, describeBoard, isTooWide, PHONE } from '../support/browser.js';
import { eventually } from '../support/mainspring.js';

const rowOf = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name });

describeBoard('the page of agents', (bench) => {
  async function anOrg() {
    const { mainspring } = bench();
    const { key, adminToken: token } = await mainspring.org();
    const ask = async <T>(path: string, body: object, credential: object) => {
      const answer = await mainspring.send(path, { body, ...credential });
      if (answer.status >= 300) throw new Error(answer.text);
      return answer.json<T>();
    };
    async function connected(name: string, over: object = {}) {
      const { agent } = await ask<{ agent: { id: string } }>('/agents', { name, ...over }, { token });
      const path = `/agents/${agent.id}`;
      const { secret } = await ask<{ secret: string }>(`${path}/credentials/regenerate`, {}, { token });
      await ask(`${path}/start`, {}, { key });
      const session = await ask<{ token: string }>(`${path}/connect`, { secret }, {});
      const beat = { status: 'busy', metrics: { queue: 7 } };
      await ask(`${path}/heartbeat`, beat, { token: session.token });
      return agent.id;
    }
    return { key, token, ask, connected };
  }

  test('says how to make the first one where there is none', async () => {
    const { key } = await anOrg();
    const page = await bench().open({ key, at: 'agents' });
    await page.getByText('No agents yet').waitFor();
    expect(await barriersOn(page)).toEqual([]);
  });

  test('shows an agent as it connects, is paused and goes on, to a key without suspending', async () => {
    const { key, connected } = await anOrg();
    const page = await bench().open({ key, at: 'agents' });
    await page.getByText('No agents yet').waitFor();
    await connected('a crawler');
    const row = rowOf(page, 'a crawler');
    await row.getByText('busy').first().waitFor();
    await row
      .locator('time')
      .getByText(/ago|now/)
      .waitFor();
    expect(await page.getByRole('button', { name: 'Suspend a crawler' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Pause a crawler' }).click();
    await row.getByText('paused').waitFor();
    await page.getByRole('button', { name: 'Resume a crawler' }).click();
    await row.getByText('running').waitFor();
    await page.getByRole('button', { name: 'Stop a crawler' }).click();
    expect(await barriersOn(page)).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: 'Stop' }).click();
    await row.getByText('stopped').waitFor();
    expect(await barriersOn(page)).toEqual([]);
  });

  test('lets an administrator suspend it and let it connect again', async () => {
    const { key, token, connected } = await anOrg();
    await connected('a suspect');
    const page = await bench().open({ key, token, at: 'agents' });
    await page.getByRole('button', { name: 'Suspend a suspect' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Suspend' }).click();
    await rowOf(page, 'a suspect').getByText('suspended').waitFor();
    await page.getByRole('button', { name: 'Activate a suspect' }).click();
    await rowOf(page, 'a suspect').getByText('inactive').waitFor();
  });

  test('shows what one is given, its connections, events, mail and why it has no logs', async () => {
    const { key, connected, ask } = await anOrg();
    const id = await connected('a desk', { settings: { room: 'blue' }, topics: ['desk.*'] });
    await ask(`/agents/${id}/messages`, { type: 'ticket', payload: {} }, { key });
    const page = await bench().open({ key, at: `agents/${id}` });
    await page.getByText('"room": "blue"').waitFor();
    await page.getByText('"queue": 7').waitFor();
    const tab = async (name: string, text: string) => {
      await page.getByRole('link', { name, exact: true }).click();
      await page.getByText(text).first().waitFor();
      expect(await barriersOn(page)).toEqual([]);
    };
    expect(await barriersOn(page)).toEqual([]);
    await tab('Connections', 'connected');
    const views = page.getByRole('navigation', { name: 'What of it' });
    await views.getByRole('link', { name: 'Events' }).click();
    await page.getByText('agent connected', { exact: true }).first().waitFor();
    await tab('Mail', 'ticket');
    await tab('Logs', 'It runs elsewhere');
  });

  test('tells that what was asked is not possible any more, in the words of the problem', async () => {
    const { key, connected, ask } = await anOrg();
    const id = await connected('a fast one');
    const page = await bench().open({ key, at: 'agents' });
    const pause = page.getByRole('button', { name: 'Pause a fast one' });
    await pause.waitFor();
    await page.route('**/agents?*', (route) => route.abort());
    await ask(`/agents/${id}/stop`, {}, { key });
    await pause.click();
    const said = await eventually(
      () => page.getByRole('status', { name: 'What came of it' }).textContent(),
      (text) => text !== '',
    );
    expect(said).toMatch(/stopped/);
  });

  test('fits a phone, in the dark', async () => {
    const { key, connected } = await anOrg();
    const id = await connected('an agent with a name that is rather long for such a small screen');
    const page = await bench().open({ key, at: 'agents', size: PHONE, isDark: true });
    await page.getByRole('link', { name: /rather long/ }).waitFor();
    expect(await isTooWide(page)).toBe(false);
    expect(await barriersOn(page)).toEqual([]);
    await page.goto(`${bench().mainspring.url}/dashboard#/agents/${id}`);
    await page.getByText('"queue": 7').waitFor();
    expect(await isTooWide(page)).toBe(false);
  });
});
