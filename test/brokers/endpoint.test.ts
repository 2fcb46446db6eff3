import { describe, expect, test } from '@jest/globals';
import { faultOfEndpoint } from '../../src/brokers/add-broker.js';
import { BrokerError } from '../../src/brokers/connection.js';
import { isSameEndpoint, kindOf, nameOf, partsOf } from '../../src/brokers/endpoint.js';
import { filterOf } from '../../src/brokers/nats-filter.js';
import { openBroker } from '../../src/brokers/open.js';
import { BrokerConfig } from '../../src/schemas/broker.js';
import { INWARD_HOSTS } from '../support/inward-hosts.js';

const guard = { allow: [], allowLoopback: false };

test('the parts of an endpoint are read, with the usual ports', () => {
  expect(partsOf('amq://prod-server')).toEqual({
    ...{ kind: 'amqp', isEncrypted: false, host: 'prod-server', port: 5672 },
    ...{ user: '', password: '', virtualHost: '' },
  });
  expect(partsOf('amqps://me:p%40ss@Broker.Example.com/a%2Fb')).toEqual({
    ...{ kind: 'amqp', isEncrypted: true, host: 'broker.example.com', port: 5671 },
    ...{ user: 'me', password: 'p@ss', virtualHost: 'a/b' },
  });
  expect(partsOf('nats://token@[2001:db8::1]:80')).toMatchObject({
    ...{ kind: 'nats', host: '2001:db8::1', port: 80, user: 'token' },
  });
  expect(kindOf('tls://broker.example.com')).toBe('nats');
  expect(nameOf('amq://prod-server:5672')).toBe('prod-server-5672');
});

test('an endpoint is known by where it leads, and by its credentials where they are given', () => {
  const stored = 'amqp://me:secret@broker.example.com/';
  for (const same of [
    'amq://broker.example.com',
    'amqp://***:***@broker.example.com:5672',
    'amqp://me:secret@BROKER.example.com',
  ])
    expect(isSameEndpoint(same, stored)).toBe(true);
  for (const other of [
    'amqp://you:secret@broker.example.com',
    'amqps://broker.example.com',
    'amqp://broker.example.com/other',
    'amqp://broker.example.com:5673',
    'nats://broker.example.com:5672',
  ])
    expect(isSameEndpoint(other, stored)).toBe(false);
});

describe('no spelling of an address inside', () => {
  test.each(['amqp', 'amqps', 'nats'])('is connected to by %s', async (scheme) => {
    for (const host of INWARD_HOSTS) {
      const endpoint = `${scheme}://${host}:9`;
      if (faultOfEndpoint(endpoint, { guard }) !== null) continue;
      const config = BrokerConfig.parse({});
      const refused = await openBroker(
        { id: 'a broker', kind: 'amqp', endpoints: [endpoint], config },
        guard,
      ).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(BrokerError);
      expect(['address_not_allowed', 'name_not_resolved']).toContain((refused as BrokerError).fault);
    }
  });
});

test.each([
  [['support.billing'], 'm.support.billing'],
  [['support.*'], 'm.support.*'],
  [['support.#'], 'm.>'],
  [['support.eu.#'], 'm.support.>'],
  [['#'], 'm.>'],
  [['support.a', 'support.b'], 'm.support.>'],
  [['support.*', 'support.a.b'], 'm.support.>'],
  [['support', 'support.a'], 'm.>'],
  [['*.a', '*.b'], 'm.>'],
])('a consumer for %j asks for %s', (patterns, filter) => {
  expect(filterOf('m', patterns)).toBe(filter);
});
