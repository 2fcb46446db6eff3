import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { envConfig } from '../../src/domain/env-config.js';
import { type InstallScriptInput, installScript } from '../../src/domain/install-script.js';

const BASIC: InstallScriptInput = {
  baseUrl: 'https://agents.example.com',
  agentId: 'agent-1',
  name: 'tester',
  intervalMs: 60_000,
  envConfig: "AIWM_ENABLED='true'\n",
};
const HOSTILE = `x'; touch pwned; '"$(touch pwned)\`touch pwned\`\\ \${IFS}!! #\nexit 1\r\u2028'\\''“quotes” ‘too’ é😀`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mainspring-install-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const bash = (text: string, ...options: string[]) =>
  spawnSync('bash', [...options, '-s'], { input: text, cwd: folder, encoding: 'utf8' });
const hasShellcheck = spawnSync('shellcheck', ['--version']).status === 0;

const hostile = (): InstallScriptInput => ({
  baseUrl: `https://agents.example.com/${HOSTILE}`,
  agentId: HOSTILE,
  name: HOSTILE,
  intervalMs: 1_000,
  envConfig: envConfig({
    baseUrl: HOSTILE,
    agent: { id: HOSTILE, name: HOSTILE, model: HOSTILE },
    secret: HOSTILE,
    settings: { claudeModel: HOSTILE, discord: { token: HOSTILE } },
    environment: { X: HOSTILE, Y: '$(touch pwned)', Z: "it's" },
  }),
});

describe.each([
  ['plain', () => BASIC],
  ['hostile', hostile],
])('a script of %s texts', (_, input) => {
  test('is bash', () => {
    const { status, stderr } = bash(installScript(input()), '-n');
    expect([status, stderr]).toEqual([0, '']);
  });

  (hasShellcheck ? test : test.skip)('has nothing that shellcheck knows of', () => {
    const file = join(folder, 'install.sh');
    writeFileSync(file, installScript(input()));
    const { status, stdout } = spawnSync('shellcheck', ['--severity=style', file], { encoding: 'utf8' });
    expect([status, stdout]).toEqual([0, '']);
  });
});

/** What the script's variables hold once bash has read their texts. */
function heldBy(input: InstallScriptInput): string[] {
  const [texts = ''] = installScript(input).split('\nmode=background');
  const show = 'printf "%s\\0" "$base_url" "$agent_id" "$environment" > held';
  const { status, stderr } = bash(`${texts}\n${show}\n`);
  expect([status, stderr]).toEqual([0, '']);
  return readFileSync(join(folder, 'held'), 'utf8').split('\0').slice(0, -1);
}

test('what was given comes through unharmed, and none of it is run', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 30 }),
    fc
      .array(fc.constantFrom(...`'"\`$\\#!;\n\t ()`, '$(touch pwned)', "'\\''", 'EOF\n'), { maxLength: 12 })
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, text, text, text, (baseUrl, agentId, name, config) => {
      const input = { ...BASIC, baseUrl, agentId, name, envConfig: config };
      expect(heldBy(input)).toEqual([baseUrl, agentId, config]);
    }),
    { numRuns: 60 },
  );
  const { baseUrl, agentId, envConfig: config } = hostile();
  expect(heldBy(hostile())).toEqual([baseUrl, agentId, config]);
  expect(spawnSync('ls', { cwd: folder, encoding: 'utf8' }).stdout).not.toContain('pwned');
});

test('an option that it does not know is told, and nothing is done', () => {
  const { status, stderr } = spawnSync('bash', ['-s', '--', '--hepl'], {
    input: installScript(BASIC),
    encoding: 'utf8',
  });
  expect(status).toBe(2);
  expect(stderr).toContain('Usage:');
});
