import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readConfig } from '../../src/config.js';
import { configuredLocation, connectEngine } from '../../src/engine/connect.js';
import { EngineError } from '../../src/engine/engine-error.js';
import { freePort } from '../../src/engine/port.js';

const connect = (address: string, patienceMs = 500) =>
  connectEngine(readConfig({}), { namespace: 'default', options: { address } }, { patienceMs });

/** Runs with a server of this kind on a free port. */
async function against(server: Server, during: (address: string) => Promise<void>): Promise<void> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  await during(`127.0.0.1:${(server.address() as AddressInfo).port}`);
  server.close();
}

describe('a Temporal that cannot be reached is one sentence', () => {
  test('when nothing listens', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    await expect(connect(address)).rejects.toThrow(
      `Temporal cannot be reached at ${address}: nothing listens there.`,
    );
  });

  test('when something else answers', async () => {
    await against(
      createServer((_, res) => res.end('hello')),
      async (address) => {
        await expect(connect(address)).rejects.toThrow('is not a Temporal server');
      },
    );
  });

  test('within its time when nothing is answered', async () => {
    const sockets: { destroy(): void }[] = [];
    const silent = createTcpServer((socket) => void sockets.push(socket));
    await against(silent, async (address) => {
      const startedAt = performance.now();
      await expect(connect(address)).rejects.toThrow('it does not answer');
      expect(performance.now() - startedAt).toBeLessThan(3_000);
      for (const socket of sockets) socket.destroy();
    });
  });
});

describe('where Temporal is', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'mainspring-profile-')), 'temporal.toml');
  writeFileSync(
    file,
    '[profile.default]\naddress = "other:7233"\n[profile.cloud]\naddress = "cloud:7233"\nnamespace = "timers.a1b2c"\napi_key = "k"\n',
  );

  test('is nowhere unless it is configured: a server of our own is started then', () => {
    expect(configuredLocation(readConfig({}))).toBeUndefined();
  });

  test('is TEMPORAL_ADDRESS, without TLS unless it is asked for', () => {
    expect(configuredLocation(readConfig({ TEMPORAL_ADDRESS: 'temporal:7233' }))).toMatchObject({
      namespace: 'mainspring',
      options: { address: 'temporal:7233', tls: undefined },
    });
  });

  test('is reached with TLS when there is an API key', () => {
    const config = readConfig({ TEMPORAL_ADDRESS: 'cloud:7233', TEMPORAL_API_KEY: 'secret' });
    expect(configuredLocation(config)?.options).toMatchObject({ apiKey: 'secret', tls: true });
  });

  test("is what a profile of Temporal's own configuration says", () => {
    const config = readConfig({ TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'cloud' });
    expect(configuredLocation(config)).toMatchObject({
      namespace: 'timers.a1b2c',
      options: { address: 'cloud:7233', apiKey: 'k', tls: true },
    });
  });

  test('is never a profile that nobody asked for', () => {
    expect(configuredLocation(readConfig({ TEMPORAL_ADDRESS: 'mine:7233' }))?.options.address).toBe(
      'mine:7233',
    );
  });

  test('is an error when the profile does not exist', () => {
    const config = readConfig({ TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'nobody' });
    expect(() => configuredLocation(config)).toThrow(EngineError);
  });
});
