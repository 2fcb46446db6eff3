import { beforeAll, expect, test } from '@jest/globals';
import {
  getAgent,
  insertAgent,
  lockAgent,
  type NewAgent,
  raiseConfigVersions,
  updateAgent,
  withdrawTool,
} from '../../src/db/agents.js';
import type { Database } from '../../src/db/database.js';
import { ensureOrg } from '../../src/db/orgs.js';
import { describeEachDatabase } from '../support/databases.js';

const newAgent = (id: string, changes: Partial<NewAgent> = {}): NewAgent => ({
  ...{ id, orgId: 'acme', name: id, type: null, description: null, instruction: null, tools: [] },
  ...{ settings: '', environment: '', model: null, intervalMs: 60_000, missedAfter: 3, onMissed: [] },
  ...{ limits: {}, definition: null },
  ...changes,
});
const versionsOf = async ({ db }: Database, ...ids: string[]) =>
  Promise.all(
    ids.map(async (id) => {
      const agent = await getAgent(db, 'acme', id);
      return [agent?.config_version, agent?.revision];
    }),
  );

describeEachDatabase('agents', (database) => {
  beforeAll(async () => {
    for (const id of ['acme', 'other'])
      await ensureOrg(database().db, { id, name: id, tier: 'pro', webhookSecret: 'x' });
  });

  test('an id or a name that is taken writes nothing', async () => {
    const { db } = database();
    await expect(insertAgent(db, newAgent('a1'))).resolves.toMatchObject({ id: 'a1', instruction: null });
    await expect(insertAgent(db, newAgent('a1', { name: 'x' }))).resolves.toBeUndefined();
    await expect(insertAgent(db, newAgent('a2', { name: 'a1' }))).resolves.toBeUndefined();
    await expect(insertAgent(db, newAgent('a3', { name: 'a1', orgId: 'other' }))).resolves.toBeDefined();
    await expect(getAgent(db, 'acme', 'a3')).resolves.toBeUndefined();
  });

  test('a change raises the revision, and the configuration version where it is asked to', async () => {
    const { db } = database();
    const agent = newAgent('b1');
    await insertAgent(db, agent);
    await updateAgent(db, agent, { description: 'd' }, { raisesConfig: false });
    const row = await updateAgent(db, agent, { model: 'm', name: undefined }, { raisesConfig: true });
    expect(row).toMatchObject({ name: 'b1', description: 'd', model: 'm', revision: 3, config_version: 2 });
  });

  test('a configuration version is raised for those that are meant, in their organisation', async () => {
    const { db } = database();
    await insertAgent(db, newAgent('c1', { tools: ['read', 'write'] }));
    await insertAgent(db, newAgent('c2', { tools: ['read-more'] }));
    await insertAgent(db, newAgent('c3', { orgId: 'other', tools: ['read'] }));
    await raiseConfigVersions(db, 'acme', { kind: 'tool', name: 'read' });
    expect(await versionsOf(database(), 'c1', 'c2')).toEqual([
      [2, 1],
      [1, 1],
    ]);
    await raiseConfigVersions(db, 'acme', { kind: 'agent', id: 'c2' });
    await raiseConfigVersions(db, 'acme', { kind: 'everyone' });
    expect(await versionsOf(database(), 'c1', 'c2')).toEqual([
      [3, 1],
      [3, 1],
    ]);
    await raiseConfigVersions(db, 'acme', { kind: 'agent', id: 'c3' });
    await expect(getAgent(db, 'other', 'c3')).resolves.toMatchObject({ config_version: 1 });
  });

  test('a tool is taken off every list that has it, the others keep their order', async () => {
    const { db } = database();
    await insertAgent(db, newAgent('d1', { tools: ['z', 'gone', 'a'] }));
    await insertAgent(db, newAgent('d2', { tools: ['gone'] }));
    await insertAgent(db, newAgent('d3', { tools: ['z'] }));
    const agents = await withdrawTool(db, 'acme', 'gone');
    expect(agents.map(({ id }) => id).sort()).toEqual(['d1', 'd2']);
    await expect(getAgent(db, 'acme', 'd1')).resolves.toMatchObject({ tools: ['z', 'a'], revision: 2 });
    await expect(getAgent(db, 'acme', 'd2')).resolves.toMatchObject({ tools: [] });
    await expect(getAgent(db, 'acme', 'd3')).resolves.toMatchObject({ tools: ['z'], revision: 1 });
  });

  test('a raise waits for a change that is under way, and loses neither', async () => {
    const { db } = database();
    await insertAgent(db, newAgent('e1'));
    const [changed] = await Promise.all([
      db.transaction().execute(async (tx) => {
        const agent = await lockAgent(tx, 'acme', 'e1');
        if (!agent) throw new Error('no agent');
        return updateAgent(tx, agent, { model: 'm' }, { raisesConfig: true });
      }),
      ...Array.from({ length: 5 }, () => raiseConfigVersions(db, 'acme', { kind: 'everyone' })),
    ]);
    expect(changed.model).toBe('m');
    expect(await versionsOf(database(), 'e1')).toEqual([[7, 2]]);
  });
});
