import { expect, test } from '@jest/globals';
import { limitsOf, whatIsLacking } from '../../src/domain/resources.js';

const GIB = 1024 ** 3;
const HOST = { cpus: 2, memoryBytes: 4 * GIB };

test.each([
  ['500m', 500_000_000],
  ['1', 1_000_000_000],
  ['0.25', 250_000_000],
  ['2.5', 2_500_000_000],
])('%s of a CPU', (cpu, nanoCpus) => {
  expect(limitsOf({ cpu })).toEqual({ nanoCpus, memoryBytes: null });
});

test.each([
  ['1Gi', GIB],
  ['512Mi', GIB / 2],
  ['64Ki', 65_536],
  ['1G', 1_000_000_000],
  ['5k', 5_000],
  ['1048576', 1_048_576],
])('%s of memory', (memory, memoryBytes) => {
  expect(limitsOf({ memory })).toEqual({ nanoCpus: null, memoryBytes });
});

test('where nobody says, nothing is limited', () => {
  expect(limitsOf(null)).toEqual({ nanoCpus: null, memoryBytes: null });
  expect(whatIsLacking(limitsOf(null), HOST)).toBeNull();
});

test('what the host does not have is named with what it has', () => {
  expect(whatIsLacking(limitsOf({ cpu: '2', memory: '4Gi' }), HOST)).toBeNull();
  expect(whatIsLacking(limitsOf({ cpu: '2500m' }), HOST)).toBe(
    'the agent asks for 2.5 CPUs, the container host has 2',
  );
  expect(whatIsLacking(limitsOf({ memory: '5Gi' }), HOST)).toBe(
    'the agent asks for 5.0Gi of memory, the container host has 4.0Gi',
  );
});

test('nothing starts with no CPU, or with hardly any memory', () => {
  expect(whatIsLacking(limitsOf({ cpu: '0' }), HOST)).toMatch(/no CPU/);
  expect(whatIsLacking(limitsOf({ memory: '1Mi' }), HOST)).toMatch(/less memory/);
});
