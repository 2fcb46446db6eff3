import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { getEndpoint, holdEndpoints, writeEndpoints } from '../../src/db/endpoints.js';
import { describeEachDatabase } from '../support/databases.js';

const at = new Date('2030-01-31T09:00:00Z');

describeEachDatabase('endpoints', (database) => {
  const db = () => database().db;
  const rowOf = (orgId: string, failures: number, receiver = 'https://down.example') => ({
    org_id: orgId,
    receiver,
    state: failures < 10 ? ('closed' as const) : ('open' as const),
    failures,
    failing_since: failures > 0 ? at : null,
    opened_until: failures < 10 ? null : at,
  });

  test('are written and written over', async () => {
    const key = { orgId: randomUUID(), receiver: 'https://down.example' };
    expect(await getEndpoint(db(), key)).toBeUndefined();
    for (const failures of [3, 12]) {
      await writeEndpoints(db(), [rowOf(key.orgId, failures)]);
      expect(await getEndpoint(db(), key)).toEqual(rowOf(key.orgId, failures));
    }
  });

  test('that work again have no row', async () => {
    const key = { orgId: randomUUID(), receiver: 'https://down.example' };
    await writeEndpoints(db(), [rowOf(key.orgId, 12)]);
    await writeEndpoints(db(), [rowOf(key.orgId, 0)]);
    expect(await getEndpoint(db(), key)).toBeUndefined();
  });

  test('are held by receiver and organisation', async () => {
    const orgId = randomUUID();
    await writeEndpoints(db(), [
      rowOf(orgId, 1),
      rowOf(orgId, 2, 'https://other.example'),
      rowOf(randomUUID(), 3),
    ]);
    const held = await holdEndpoints(db(), [
      { orgId, receiver: 'https://down.example' },
      { orgId, receiver: 'https://works.example' },
    ]);
    expect(held).toEqual([rowOf(orgId, 1)]);
    expect(await holdEndpoints(db(), [])).toEqual([]);
  });
});
