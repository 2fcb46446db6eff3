import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { DEMO_KEY, type TestApiOptions } from './api.js';
import { startMainspring, type TestMainspring } from './mainspring.js';

/** How the board is opened. */
export interface Opening {
  /** Its place: `tasks/abc?status=failed`. */
  at?: string;
  /** By default the demo key; null: nobody is signed in. */
  key?: string | null;
  token?: string;
  isLimited?: boolean;
  isDark?: boolean;
  size?: { width: number; height: number };
  /** Of the server; by default the bench's. */
  url?: string;
}

/** A browser and all of Mainspring, for the tests of a file. */
export interface BoardBench {
  mainspring: TestMainspring;
  open(opening?: Opening): Promise<Page>;
}

export const PHONE = { width: 360, height: 740 };
const DESK = { width: 1_280, height: 800 };
const WAIT_MS = 20_000;
const require = createRequire(import.meta.url);

/** What a page must never do: break, run against its policy, ask another server. Tests fail for each. */
const problems: string[] = [];
/** What the API answers is on the page: tests look for it there. */
const IS_AN_ANSWER = /^Failed to load resource/;

function watch(page: Page, origin: string): void {
  page.on('pageerror', (error) => problems.push(`threw: ${error.stack ?? error.message}`));
  page.on('console', (message) => {
    const text = message.text();
    if (message.type() === 'error' && !IS_AN_ANSWER.test(text)) problems.push(`said: ${text}`);
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !url.startsWith('blob:')) problems.push(`asked another server: ${url}`);
  });
}

function sessionOf({ key = DEMO_KEY, token, isLimited = false }: Opening): string {
  if (key === null) return '';
  const session = JSON.stringify({ apiKey: key, token, isLimited });
  return `if (!sessionStorage.getItem('begun')) {
    sessionStorage.setItem('begun', 'yes');
    sessionStorage.setItem('mainspring.credentials', ${JSON.stringify(session)});
  }`;
}

export async function openBoard(browser: Browser, url: string, opening: Opening): Promise<Page> {
  const { at = '', isDark = false, size = DESK } = opening;
  const options: BrowserContextOptions = {
    viewport: size,
    colorScheme: isDark ? 'dark' : 'light',
    reducedMotion: 'reduce',
    locale: 'en-GB',
  };
  const context = await browser.newContext(options);
  await context.addInitScript(sessionOf(opening));
  const page = await context.newPage();
  // Less than a test has, so that what was waited for is told.
  page.setDefaultTimeout(WAIT_MS);
  watch(page, url);
  await page.goto(`${url}/dashboard#/${at}`);
  return page;
}

const launch = (executablePath: string) =>
  chromium.launch({
    executablePath,
    // A sandbox of its own is refused to root, as in containers.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });

/** What axe finds wrong with a page for people who do not see it, or see badly. */
export async function barriersOn(page: Page): Promise<string[]> {
  await page.evaluate(readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8'));
  const found =
    (await page.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ': ' + html + ' ' + failureSummary)))`)) as string[];
  const heads = await page.locator('h1').count();
  return heads === 1 ? found : [...found, `${heads} heads of first rank`];
}

/** Whether the page as a whole is wider than the window. */
export const isTooWide = async (page: Page): Promise<boolean> =>
  (await page.evaluate('document.documentElement.scrollWidth > window.innerWidth')) === true;

/** Tests of the board in a browser; left out where none is installed, as the beginning of a run says. */
export function describeBoard(
  name: string,
  tests: (bench: () => BoardBench) => void,
  options: () => Promise<TestApiOptions> = async () => ({}),
): void {
  const executable = process.env.MAINSPRING_TEST_CHROMIUM;
  if (executable === undefined) {
    describe(name, () => test('is left out: Chromium is not installed', () => undefined));
    return;
  }
  describe(name, () => {
    let opened: { browser: Browser; mainspring: TestMainspring } | undefined;
    beforeAll(async () => {
      const [browser, mainspring] = await Promise.all([launch(executable), options().then(startMainspring)]);
      opened = { browser, mainspring };
    }, 60_000);
    afterEach(async () => {
      for (const context of opened?.browser.contexts() ?? []) await context.close();
      expect(problems.splice(0)).toEqual([]);
    });
    afterAll(async () => {
      await opened?.browser.close();
      await opened?.mainspring.close();
    });
    tests(() => {
      if (!opened) throw new Error('the bench is there only while tests run');
      const { browser, mainspring } = opened;
      return {
        mainspring,
        open: (opening = {}) => openBoard(browser, opening.url ?? mainspring.url, opening),
      };
    });
  });
}
