import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from '@jest/globals';
import { treeOf } from '../../src/cli/completion/tree.js';
import { createProgram } from '../../src/cli/program.js';
import { commandLine } from '../support/command-line.js';

const run = promisify(execFile);
const cli = commandLine({});
let script: string;
beforeAll(async () => {
  script = (await cli.run('completion', 'bash')).out;
});

/** What bash offers for the last of these words. */
async function offered(...words: string[]): Promise<string[]> {
  const ask = `${script}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mainspring; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await run('bash', ['-c', ask, '_', 'mainspring', ...words]);
  return stdout.split('\n').filter((word) => word !== '');
}

test.each([
  [['tim'], ['timers']],
  [
    ['timers', 'c'],
    ['create', 'cancel'],
  ],
  [
    ['timers', 'create', 'x', '--w'],
    ['--webhook', '--wait'],
  ],
  [
    ['timers', 'list', '--status', 'f'],
    ['firing', 'fired', 'failed'],
  ],
  [
    ['deliveries', 'list', '--status', ''],
    ['pending', 'delivered', 'dead'],
  ],
  [
    ['completion', ''],
    ['bash', 'zsh', '--help'],
  ],
])('bash completes %j', async (words, answers) => {
  expect(await offered(...words)).toEqual(answers);
});

test('zsh is told of every command and every option of it', async () => {
  const { out } = await cli.run('completion', 'zsh');
  expect(out.startsWith('#compdef mainspring\n')).toBe(true);
  for (const { path, words } of treeOf(createProgram())) {
    expect(out).toContain(`    '${path}') words_here=(`);
    for (const { text } of words) expect(out).toContain(text);
  }
});

test('every command says what it is, and shows how it is called', async () => {
  for (const { path, words } of treeOf(createProgram())) {
    for (const { text, description } of words) {
      if (!text.startsWith('--')) expect({ path, text, description }).not.toMatchObject({ description: '' });
    }
  }
  const { code, out } = await cli.run('timers', 'create', '--help');
  expect(code).toBe(0);
  expect(out).toContain('Usage: mainspring timers create');
});

test('without a command it says what there is, as a mistake', async () => {
  expect(await cli.run()).toMatchObject({ code: 2, out: '' });
  expect(await cli.run('--version')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
});
