import { afterAll, expect, test } from '@jest/globals';
import { barriersOn, describeBoard, isTooWide, PHONE } from '../support/browser.js';
import { eventually } from '../support/mainspring.js';
import { type ModelServer, startModelServer } from '../support/model-server.js';

let model: ModelServer;
afterAll(() => model?.close());

async function withModel() {
  model = await startModelServer();
  return { env: { GOOGLE_API_KEY: 'a-key', GOOGLE_BASE_URL: `${model.url}/v1beta`, MODEL_PRICES: PRICES } };
}
const PRICES = '{"gemini-2.0-flash":{"input":2,"output":10}}';

const QUESTION = 'What do used cameras sell for?';
const ANSWER = 'For about 200 dollars, without a lens.';

/** One that is resolved from outside. */
function promiseOf(): { promise: Promise<void>; resolve: () => void } {
  const resolvers: (() => void)[] = [];
  const promise = new Promise<void>((resolve) => resolvers.push(resolve));
  return { promise, resolve: () => resolvers.forEach((resolve) => void resolve()) };
}

describeBoard(
  'the page of tasks',
  (bench) => {
    async function submit(prompt = QUESTION, over: object = {}): Promise<string> {
      const body = { agent_name: 'MarketAgent', prompt, delivery: [], ...over };
      const answer = await bench().mainspring.post('/tasks', body);
      expect(answer.status).toBe(202);
      return String(answer.body.task_id);
    }
    async function taskOf(id: string) {
      const { status } = (await bench().mainspring.send(`/tasks/${id}`, { key: 'mnt_demo_key_pro' })).json<{
        task: { status: string };
      }>().task;
      return status;
    }

    test('says how to give the first task where there is none', async () => {
      const page = await bench().open({ at: 'tasks' });
      await page.getByText('No tasks yet').waitFor();
      expect(await page.getByText(`curl ${bench().mainspring.url}/tasks`).count()).toBe(1);
      expect(await barriersOn(page)).toEqual([]);
    });

    test('shows an execution live: what is said piece by piece, tools with arguments and results, tokens and cost', async () => {
      const { promise: released, resolve: release } = promiseOf();
      const args = { category: 'cameras', limit: 2 };
      model.script(
        { toolCalls: [{ name: 'get_listings', arguments: args }], usage: { input: 100, output: 20 } },
        { text: ANSWER, pauseMs: 3_000, after: released, usage: { input: 1_000, output: 30 } },
      );
      const id = await submit();
      const page = await bench().open({ at: `tasks/${id}` });
      await page.getByRole('heading', { level: 1, name: QUESTION }).waitFor();
      await page.locator('summary', { hasText: 'get_listings' }).click();
      await page.getByText('"category": "cameras"').waitFor();
      release();
      // The first half of it, before there is a second.
      await page.locator('.said[aria-busy="true"]').getByText('For about 200').waitFor();
      await page.getByText('What it came to').waitFor();
      expect(await page.locator('.said').allTextContents()).toEqual([ANSWER]);
      await page.getByText('1,150').waitFor();
      await page.getByText('$0.0027').waitFor();
      expect(await page.getByRole('link', { name: /Temporal run/ }).getAttribute('href')).toContain(
        '/task%2F',
      );
      expect(await barriersOn(page)).toEqual([]);
    });

    test('asks a person whether a tool may be called, and takes the answer by keyboard alone', async () => {
      const { tools } = (
        await bench().mainspring.send('/tools?limit=100', { key: 'mnt_demo_key_pro' })
      ).json<{ tools: { id: string; name: string }[] }>();
      const tool = tools.find(({ name }) => name === 'get_listings');
      await bench()
        .mainspring.database.db.updateTable('tools')
        .set({ requires_approval: true })
        .where('id', '=', tool?.id ?? '')
        .execute();
      model.script({ toolCalls: [{ name: 'get_listings', arguments: { limit: 1 } }] }, { text: 'thanks' });
      const id = await submit('May I?');
      const page = await bench().open({ at: `tasks/${id}` });
      const approve = page.getByRole('button', { name: 'Approve get_listings' });
      await approve.waitFor();
      expect(await barriersOn(page)).toEqual([]);
      await approve.focus();
      await page.keyboard.press('Enter');
      await page
        .getByRole('dialog')
        .getByLabel(/Your name/)
        .waitFor();
      expect(await barriersOn(page)).toEqual([]);
      await page.keyboard.press('Escape');
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Approve get_listings');
      expect(await taskOf(id)).toBe('awaiting_approval');
      await page.keyboard.press('Enter');
      await page.getByLabel(/Your name/).fill('Ada');
      await page.keyboard.press('Enter');
      await page.getByText('get_listings is approved.').waitFor();
      await page.getByText('approved by Ada').waitFor();
      await eventually(
        () => taskOf(id),
        (status) => status === 'completed',
      );
      await page.getByText('What it came to').waitFor();
    });

    test('holds no connection in a tab that nobody sees, and goes on when somebody does', async () => {
      const { promise: released, resolve: release } = promiseOf();
      model.script({ text: 'seen afterwards', after: released });
      const id = await submit('Wait for me');
      const page = await bench().open({ at: `tasks/${id}` });
      await page.getByText('began').waitFor();
      const show = (isShown: boolean) =>
        page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${!isShown}, configurable: true });
          document.dispatchEvent(new Event('visibilitychange'));`);
      const ended: string[] = [];
      page.on('requestfailed', (request) => ended.push(new URL(request.url()).pathname));
      await show(false);
      await eventually(
        () => ended,
        (paths) => [`/tasks/${id}/stream`, '/events'].every((path) => paths.includes(path)),
      );
      release();
      await eventually(
        () => taskOf(id),
        (status) => status === 'completed',
      );
      expect(await page.locator('.said').count()).toBe(0);
      await show(true);
      await page.locator('.said').getByText('seen afterwards').waitFor();
    });

    test('cancels what runs, after a question', async () => {
      model.script({ text: 'never', hangs: 'at once' });
      const id = await submit('Take your time');
      const page = await bench().open({ at: 'tasks?status=running' });
      await page.getByText('Take your time').waitFor();
      await page.getByRole('button', { name: /^Cancel/ }).click();
      await page.getByRole('button', { name: 'Back' }).click();
      expect(await taskOf(id)).toBe('running');
      await page.getByRole('button', { name: /^Cancel/ }).click();
      await page.getByRole('button', { name: 'Cancel the task', exact: true }).click();
      await page.getByText('The task is cancelled.').waitFor();
      await eventually(
        () => taskOf(id),
        (status) => status === 'cancelled',
      );
      await page.getByText('No task is like that.').waitFor();
    });

    test('says that the stream broke off, and reads it again by itself', async () => {
      const id = await submit('Read this again');
      const page = await bench().open({ at: 'tasks' });
      await page.route('**/stream', (route) => route.abort());
      await page.goto(`${bench().mainspring.url}/dashboard#/tasks/${id}`);
      await page.getByText('Mainspring does not answer').waitFor();
      await page.unroute('**/stream');
      await page.getByText('began').waitFor();
      expect(await page.getByText('Mainspring does not answer').count()).toBe(0);
    });

    test('fits a phone, in the dark', async () => {
      const page = await bench().open({ at: 'tasks', size: PHONE, isDark: true });
      await page.getByText('Take your time').waitFor();
      expect(await isTooWide(page)).toBe(false);
      expect(await barriersOn(page)).toEqual([]);
      await page.getByText(QUESTION).click();
      await page.getByText('What it came to').waitFor();
      expect(await isTooWide(page)).toBe(false);
      expect(await barriersOn(page)).toEqual([]);
    });

    test('says that a task is unknown', async () => {
      const page = await bench().open({ at: 'tasks/nothing' });
      await page
        .getByRole('alert')
        .getByText(/there is no such task/)
        .waitFor();
    });
  },
  withModel,
);
