import { afterEach, expect, test } from '@jest/globals';
import { completeOptions } from '../../src/client/options.js';

const NAMES = ['MAINSPRING_BASE_URL', 'MAINSPRING_API_KEY', 'MINOOTS_BASE_URL', 'MINOOTS_API_KEY'] as const;
const before = Object.fromEntries(NAMES.map((name) => [name, process.env[name]]));

function environment(values: Partial<Record<(typeof NAMES)[number], string>>) {
  for (const name of NAMES) {
    const value = values[name];
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}
afterEach(() => environment(before));

test('without options and variables it is the server on this machine, without a key', () => {
  environment({});
  expect(completeOptions({})).toMatchObject({ baseUrl: 'http://localhost:3000', apiKey: undefined });
});

test('what is left out is read from the environment', () => {
  environment({ MINOOTS_BASE_URL: 'https://a.example/', MINOOTS_API_KEY: 'mnt_a' });
  expect(completeOptions({})).toMatchObject({ baseUrl: 'https://a.example', apiKey: 'mnt_a' });
  environment({ MINOOTS_BASE_URL: 'https://a.example', MAINSPRING_BASE_URL: 'https://b.example' });
  expect(completeOptions({})).toMatchObject({ baseUrl: 'https://b.example', apiKey: undefined });
});

test('what is given wins over the environment', () => {
  environment({ MINOOTS_BASE_URL: 'https://a.example', MINOOTS_API_KEY: 'mnt_a' });
  const settings = completeOptions({ baseUrl: 'https://c.example', apiKey: 'mnt_c' });
  expect(settings).toMatchObject({ baseUrl: 'https://c.example', apiKey: 'mnt_c' });
});
