import type { Command } from 'commander';
import type { Checked, DoctorOptions } from '../doctor/look.js';
import { Unsuccessful } from '../failure.js';
import { jsonText, oneLine } from '../plain-text.js';
import { ownScreen, type Screen } from '../screen.js';
import { readEnvFile } from '../surroundings.js';

const STYLES = { ok: 'green', warn: 'yellow', fail: 'red' } as const;
const NAME_WIDTH = 11;
const INDENT = ' '.repeat(6);

function tell(screen: Screen, { name, status, found, mend }: Checked): void {
  const [first = '', ...others] = found.split('\n');
  const lines = [
    `${screen.paint(STYLES[status], status.padEnd(4))}  ${screen.paint('bold', name.padEnd(NAME_WIDTH))}  ${oneLine(first)}`,
    ...others.map((line) => `${INDENT}${oneLine(line)}`),
    ...(mend === undefined ? [] : [`${INDENT}${screen.paint('bold', 'mend')}: ${oneLine(mend)}`]),
  ];
  screen.write(`${lines.join('\n')}\n`);
}

/** Exit code 1 where a check failed; a warning is none. */
async function examine(options: DoctorOptions & { json?: boolean }): Promise<void> {
  readEnvFile();
  const { lookAround } = await import('../doctor/look.js');
  const screen = ownScreen();
  const checks: Checked[] = [];
  for await (const checked of lookAround(options)) {
    checks.push(checked);
    if (!options.json) tell(screen, checked);
  }
  const failed = checks.filter(({ status }) => status === 'fail');
  if (options.json) screen.write(`${jsonText({ ok: failed.length === 0, checks }, 2)}\n`);
  if (failed.length > 0) throw new Unsuccessful(`${failed.length} of ${checks.length} checks failed.`);
}

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check what Mainspring needs, and say how to mend it')
    .option('--json', 'print JSON')
    .option('--url <url>', 'where the API is (MAINSPRING_BASE_URL, else where it would be started)')
    .option('--key <key>', 'an API key to try (MAINSPRING_API_KEY)')
    .option('--token <token>', 'an admin token to try (MAINSPRING_TOKEN)')
    .action(examine);
}
