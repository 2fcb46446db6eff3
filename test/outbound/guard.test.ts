import { describe, expect, test } from '@jest/globals';
import { isAddressAllowed, leadsInwards } from '../../src/outbound/guard.js';
import { INWARD_HOSTS } from '../support/inward-hosts.js';

const closed = { allow: [], allowLoopback: false };

describe('by default', () => {
  test('there are at least 80 spellings to try', () => {
    expect(new Set(INWARD_HOSTS).size).toBeGreaterThanOrEqual(80);
  });

  test.each(INWARD_HOSTS)('%s leads inwards', (host) => {
    expect(leadsInwards(`http://${host}/`, closed)).toBe(true);
    expect(leadsInwards(`https://user:secret@${host}:8443/path?query#fragment`, closed)).toBe(true);
  });

  test.each([
    'example.com',
    'agents.example.com.',
    'localhost.example.com',
    '8.8.8.8',
    '93.184.216.34',
    '172.15.255.255',
    '172.32.0.1',
    '192.169.0.1',
    '11.0.0.1',
    '[2606:4700:4700::1111]',
    '[2a00:1450:4001:80b::200e]',
    'internal.example.com',
  ])('%s does not', (host) => {
    expect(leadsInwards(`https://${host}/`, closed)).toBe(false);
  });
});

describe('in development', () => {
  const development = { allow: [], allowLoopback: true };

  test.each([
    '127.0.0.1',
    'localhost',
    'LOCALHOST.',
    '[::1]',
    '127.8.9.10',
    '[::ffff:127.0.0.1]',
    'api.localhost',
  ])('%s may be called', (host) => {
    expect(leadsInwards(`http://${host}:3000/`, development)).toBe(false);
  });

  test.each([
    '0.0.0.0',
    '10.0.0.1',
    '169.254.169.254',
    '[fe80::1]',
    'metadata.google.internal',
    'printer.local',
  ])('%s may not', (host) => {
    expect(leadsInwards(`http://${host}/`, development)).toBe(true);
  });
});

describe('what the operator allows', () => {
  const allowing = (...allow: string[]) => ({ allow, allowLoopback: false });

  test('a range opens its addresses and no others', () => {
    expect(leadsInwards('http://10.1.2.3/', allowing('10.0.0.0/8'))).toBe(false);
    expect(leadsInwards('http://[::ffff:10.1.2.3]/', allowing('10.0.0.0/8'))).toBe(false);
    expect(leadsInwards('http://192.168.0.1/', allowing('10.0.0.0/8'))).toBe(true);
    expect(leadsInwards('http://[fd00:1::7]/', allowing('fd00:1::/32'))).toBe(false);
  });

  test('an address opens itself', () => {
    expect(leadsInwards('http://10.1.2.3/', allowing('10.1.2.3'))).toBe(false);
    expect(leadsInwards('http://10.1.2.4/', allowing('10.1.2.3'))).toBe(true);
    expect(leadsInwards('http://[fd00::7]/', allowing('[fd00::7]'))).toBe(false);
  });

  test('a name opens that name, whatever it resolves to', () => {
    const options = allowing('Agents.Internal');
    expect(leadsInwards('http://agents.internal./', options)).toBe(false);
    expect(leadsInwards('http://other.internal/', options)).toBe(true);
    expect(isAddressAllowed('10.0.0.1', 'agents.internal', options)).toBe(true);
    expect(isAddressAllowed('10.0.0.1', 'other.internal', options)).toBe(false);
  });

  test('with a range, names that only exist inside are left to the resolver', () => {
    expect(leadsInwards('http://agent:8080/', allowing('172.16.0.0/12'))).toBe(false);
  });

  test.each(['10.0.0.0/99', 'a b', 'http://example.com', 'example.com:80', '*.example.com'])(
    'an entry that says nothing ("%s") is refused by name',
    (entry) => {
      expect(() => leadsInwards('https://example.com/', allowing(entry))).toThrow(entry);
    },
  );
});

test.each(['', 'localhost', '999.1.1.1', 'fe80::1%eth0', '::ffff:127.0.0.1'])(
  '"%s" is no address to connect to',
  (address) => {
    expect(isAddressAllowed(address, 'example.com', closed)).toBe(false);
  },
);
