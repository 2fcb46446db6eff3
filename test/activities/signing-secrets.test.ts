import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { createSigningSecrets } from '../../src/activities/signing-secrets.js';
import { ensureOrg, rotateWebhookSecret } from '../../src/db/orgs.js';
import { describeEachDatabase } from '../support/databases.js';
import { newVault } from '../support/vault.js';

const vault = newVault();

describeEachDatabase('webhook secrets', (database) => {
  const db = () => database().db;

  async function anOrg(): Promise<string> {
    const id = randomUUID();
    await ensureOrg(db(), { id, name: id, tier: 'pro', webhookSecret: vault.seal('whsec_one') });
    return id;
  }

  test('of a rotation both sign while it overlaps, noticed within a second', async () => {
    let now = Date.parse('2030-01-31T09:00:00Z');
    const orgId = await anOrg();
    const secretsOf = createSigningSecrets({ db: db(), vault, now: () => now });
    expect(await secretsOf(orgId)).toEqual(['whsec_one']);
    const previousUntil = new Date(now + 86_400_000);
    const rotation = { orgId, secret: vault.seal('whsec_two'), now: new Date(now), previousUntil };
    await rotateWebhookSecret(db(), rotation);
    now += 1_000;
    expect(await secretsOf(orgId)).toEqual(['whsec_two', 'whsec_one']);
    now += 86_400_000;
    expect(await secretsOf(orgId)).toEqual(['whsec_two']);
  });

  test('of an organisation that does not exist are an error, which is not remembered', async () => {
    const secretsOf = createSigningSecrets({ db: db(), vault });
    const orgId = randomUUID();
    await expect(secretsOf(orgId)).rejects.toThrow(orgId);
    await ensureOrg(db(), { id: orgId, name: orgId, tier: 'pro', webhookSecret: vault.seal('whsec_one') });
    expect(await secretsOf(orgId)).toEqual(['whsec_one']);
  });
});
