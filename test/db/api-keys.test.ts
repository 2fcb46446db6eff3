import { beforeAll, expect, test } from '@jest/globals';
import {
  ensureApiKey,
  findApiKey,
  listApiKeys,
  type NewApiKey,
  revokeApiKey,
} from '../../src/db/api-keys.js';
import { ensureOrg, findOrg, raiseCredentialVersion, rotateWebhookSecret } from '../../src/db/orgs.js';
import { describeEachDatabase } from '../support/databases.js';
import { until } from '../support/until.js';

const newKey = (id: string, changes: Partial<NewApiKey> = {}): NewApiKey => ({
  id,
  orgId: 'acme',
  name: 'the key',
  prefix: 'mnt_abc',
  digest: `digest of ${id}`,
  tier: 'pro',
  tenants: null,
  ...changes,
});

describeEachDatabase('organisations and their keys', (database) => {
  beforeAll(async () => {
    for (const id of ['acme', 'other']) {
      await ensureOrg(database().db, { id, name: id, tier: 'team', webhookSecret: 'first' });
    }
  });

  test('an organisation that stands is left as it is', async () => {
    const again = await ensureOrg(database().db, { id: 'acme', name: 'x', tier: 'free', webhookSecret: 'x' });
    expect(again).toMatchObject({ id: 'acme', name: 'acme', tier: 'team', webhook_secret: 'first' });
    await expect(findOrg(database().db, 'nobody')).resolves.toBeUndefined();
  });

  test('a key is found by any of its digests, with its tenants, until it is revoked', async () => {
    const { db } = database();
    await ensureApiKey(db, newKey('k1', { tenants: ['a', 'b'] }));
    await expect(findApiKey(db, ['none', 'digest of k1'])).resolves.toMatchObject({
      id: 'k1',
      org_id: 'acme',
      tenants: ['a', 'b'],
    });
    await expect(revokeApiKey(db, { orgId: 'acme', id: 'k1' })).resolves.toBe(true);
    await expect(findApiKey(db, ['digest of k1'])).resolves.toBeUndefined();
    await expect(revokeApiKey(db, { orgId: 'acme', id: 'k1' })).resolves.toBe(false);
    await expect(findApiKey(db, [])).resolves.toBeUndefined();
  });

  test("another organisation's key is neither listed nor revoked", async () => {
    const { db } = database();
    await ensureApiKey(db, newKey('k2'));
    await expect(revokeApiKey(db, { orgId: 'other', id: 'k2' })).resolves.toBe(false);
    await expect(listApiKeys(db, 'other')).resolves.toEqual([]);
    await expect(listApiKeys(db, 'acme')).resolves.toMatchObject([{ id: 'k2', tenants: null }]);
  });

  test('the same key made twice is one key', async () => {
    const { db } = database();
    const first = await ensureApiKey(db, newKey('k3', { digest: 'of the demo key' }));
    const second = await ensureApiKey(db, newKey('k4', { digest: 'of the demo key' }));
    expect(second).toEqual(first);
  });

  test('whatever changes who may call is told to every process', async () => {
    const { db, listen } = database();
    const told: (string | null)[] = [];
    const end = listen('keys', (orgId) => told.push(orgId));
    await ensureApiKey(db, newKey('k5'));
    await revokeApiKey(db, { orgId: 'acme', id: 'k5' });
    await expect(raiseCredentialVersion(db, 'acme')).resolves.toBe(2);
    const previousUntil = new Date('2030-01-01T00:00:00Z');
    await expect(
      rotateWebhookSecret(db, { orgId: 'acme', secret: 'second', now: new Date(), previousUntil }),
    ).resolves.toMatchObject({
      changed: true,
      row: {
        webhook_secret: 'second',
        previous_webhook_secret: 'first',
        previous_secret_until: previousUntil,
      },
    });
    await until(() => told.length === 4);
    expect(told).toEqual(['acme', 'acme', 'acme', 'acme']);
    end();
  });
});
