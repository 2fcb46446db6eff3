#!/usr/bin/env node
/**
 * Makes the pictures of docs/images: fills a running Mainspring with some of everything, and looks at its board.
 *
 *   node scripts/screenshots.mjs --url http://localhost:3000 --token <admin token> [--key mnt_…] [--out docs/images]
 *
 * Best with an empty DATA_DIR, RATE_LIMITS=off and a model; CHROMIUM_PATH names another browser than /usr/bin/chromium.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { makeSampleRows } from './sample-rows.mjs';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://localhost:3000' },
    key: { type: 'string', default: 'mnt_demo_key_pro' },
    token: { type: 'string' },
    out: { type: 'string', default: 'docs/images' },
  },
});
const { url, key, token, out } = values;
if (token === undefined) {
  console.error('--token is needed: npm start prints one, npm run token makes one');
  process.exit(2);
}

const DESK = { width: 1_280, height: 800 };
const PHONE = { width: 390, height: 780 };
const LOOK_MS = 2_500;
/** Until there is something to read of what the model says. */
const TALK_MS = 9_000;

// At once beside the rows, so that a task is seen from its first word on.
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
const ids = await makeSampleRows({ base: url.replace(/\/$/, ''), key, token });

const PICTURES = [
  { name: 'task-live', at: `tasks/${ids.taskId}`, lookMs: TALK_MS },
  { name: 'overview', at: 'overview' },
  { name: 'agents', at: 'agents' },
  { name: 'deliveries-dark', at: 'deliveries', isDark: true },
  { name: 'charts', at: 'charts?period=1h' },
  { name: 'timers-phone', at: 'timers?status=scheduled', size: PHONE },
];

await mkdir(out, { recursive: true });
for (const { name, at, isDark = false, size = DESK, lookMs = LOOK_MS } of PICTURES) {
  const context = await browser.newContext({
    viewport: size,
    colorScheme: isDark ? 'dark' : 'light',
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'Europe/Madrid',
  });
  const session = JSON.stringify({ apiKey: key, token, isLimited: false });
  await context.addInitScript(`sessionStorage.setItem('mainspring.credentials', ${JSON.stringify(session)})`);
  const page = await context.newPage();
  await page.goto(`${url}/dashboard#/${at}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await sleep(lookMs);
  await page.screenshot({ path: join(out, `${name}.png`) });
  console.log(join(out, `${name}.png`));
  await context.close();
}
await browser.close();
