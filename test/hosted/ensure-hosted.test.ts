import { beforeAll, expect, test } from '@jest/globals';
import { readEvents } from '../../src/db/events.js';
import { ensureOrg } from '../../src/db/orgs.js';
import type { Catalogue } from '../../src/hosted/catalogue.js';
import { ensureHosted } from '../../src/hosted/ensure-hosted.js';
import { loadCatalogue } from '../../src/hosted/index.js';
import { defineTool } from '../../src/plugin/define-tool.js';
import { describeEachDatabase } from '../support/databases.js';
import { newVault } from '../support/vault.js';

const vault = newVault();
let catalogue: Catalogue;
beforeAll(async () => {
  catalogue = await loadCatalogue({ MAINSPRING_PLUGINS: [] });
});

/** The catalogue, with another description of one tool. */
const changed = (description: string): Catalogue => {
  const coded = catalogue.tools.get('get_listings');
  if (coded?.kind !== 'builtin') throw new Error('it is one that comes along');
  const tool = { ...coded.tool, description, version: '2.0' };
  return { ...catalogue, tools: new Map([...catalogue.tools, ['get_listings', { kind: 'builtin', tool }]]) };
};

describeEachDatabase('agents and tools of the code', (database) => {
  const db = () => database().db;
  let made = 0;
  async function anOrg(): Promise<string> {
    const id = `org-${made++}`;
    await ensureOrg(db(), { id, name: id, tier: 'pro', webhookSecret: '' });
    return id;
  }
  const agentsOf = (orgId: string) =>
    db().selectFrom('agents').selectAll().where('org_id', '=', orgId).execute();
  const toolsOf = (orgId: string) =>
    db().selectFrom('tools').selectAll().where('org_id', '=', orgId).execute();
  const toolOf = async (orgId: string, wanted = 'get_listings') =>
    (await toolsOf(orgId)).find(({ name }) => name === wanted);

  test('every organisation gets them, running, with what the code says, and hears of it once', async () => {
    const orgs = [await anOrg(), await anOrg()];
    await ensureHosted(db(), catalogue, vault);
    for (const orgId of orgs) {
      const agents = await agentsOf(orgId);
      expect(agents.map(({ name }) => name).toSorted()).toEqual(
        catalogue.agents.map(({ name }) => name).toSorted(),
      );
      expect(agents.find(({ name }) => name === 'MarketAgent')).toMatchObject({
        ...{ type: 'MARKET', definition: 'MarketAgent', lifecycle: 'running', connection: 'offline' },
        tools: ['get_listings', 'analyze_market_price', 'create_listing'],
        instruction: { systemPrompt: expect.stringContaining('market agent') },
        ...{ limits: {}, on_missed: [], metrics: null },
      });
      expect(await toolsOf(orgId)).toHaveLength(catalogue.tools.size);
      const events = await readEvents(db(), { orgId, limit: 100, type: 'agent.created' });
      expect(events.map(({ data }) => data.name).toSorted()).toEqual(
        agents.map(({ name }) => name).toSorted(),
      );
      expect(vault.open(agents[0]?.settings ?? '')).toBe('{}');
    }
    expect(await toolOf(orgs[0] ?? '')).toMatchObject({
      ...{ kind: 'builtin', status: 'active', category: 'market', version: '1.0', requires_approval: false },
      schema: { input: { type: 'object', properties: { category: { type: 'string' } } } },
    });
  });

  test('a second time changes nothing, nor do several processes at once', async () => {
    const orgId = await anOrg();
    await Promise.all(Array.from({ length: 4 }, () => ensureHosted(db(), catalogue, vault)));
    const before = [await agentsOf(orgId), await toolsOf(orgId)];
    expect(before.map(({ length }) => length)).toEqual([catalogue.agents.length, catalogue.tools.size]);
    await ensureHosted(db(), catalogue, vault);
    expect([await agentsOf(orgId), await toolsOf(orgId)]).toEqual(before);
  });

  test('one organisation may be given them alone', async () => {
    const [orgId, other] = [await anOrg(), await anOrg()];
    await ensureHosted(db(), catalogue, vault, { orgId });
    expect(await agentsOf(orgId)).toHaveLength(5);
    expect(await agentsOf(other)).toEqual([]);
    expect(await toolsOf(other)).toEqual([]);
  });

  test('what an organisation changed of an agent stays, as does an agent of the same name', async () => {
    const orgId = await anOrg();
    const taken = { settings: '{}', environment: '{}', interval_ms: 1, missed_after: 1, on_missed: '[]' };
    await db()
      .insertInto('agents')
      .values({
        ...{ id: `${orgId}-own`, org_id: orgId, name: 'AdminAgent', tools: '[]', limits: '{}' },
        ...{ ...taken, instruction: 'null', metrics: 'null', definition: null },
      })
      .execute();
    await ensureHosted(db(), catalogue, vault, { orgId });
    await db()
      .updateTable('agents')
      .set({ tools: '["get_listings"]', lifecycle: 'stopped' })
      .where('org_id', '=', orgId)
      .where('name', '=', 'MarketAgent')
      .execute();
    await ensureHosted(db(), catalogue, vault, { orgId });
    const agents = await agentsOf(orgId);
    expect(agents).toHaveLength(5);
    expect(agents.find(({ name }) => name === 'AdminAgent')).toMatchObject({
      id: `${orgId}-own`,
      definition: null,
    });
    expect(agents.find(({ name }) => name === 'MarketAgent')).toMatchObject({
      tools: ['get_listings'],
      lifecycle: 'stopped',
    });
  });

  test("a tool follows its code, and what is the organisation's own stays; agents that have it learn of it", async () => {
    const orgId = await anOrg();
    await ensureHosted(db(), catalogue, vault, { orgId });
    await db()
      .updateTable('tools')
      .set({ requires_approval: true, status: 'inactive' })
      .where('org_id', '=', orgId)
      .execute();
    await ensureHosted(db(), changed('Finds more'), vault, { orgId });
    expect(await toolOf(orgId)).toMatchObject({
      ...{
        description: 'Finds more',
        version: '2.0',
        requires_approval: true,
        status: 'inactive',
        revision: 2,
      },
    });
    expect(await toolOf(orgId, 'create_listing')).toMatchObject({ revision: 1 });
    const versions = (await agentsOf(orgId)).map(({ name, config_version }) => [name, config_version]);
    expect(Object.fromEntries(versions)).toMatchObject({ MarketAgent: 2, ContentAgent: 1 });
    await ensureHosted(db(), catalogue, vault, { orgId });
  });

  test('a tool of the same name that is called over HTTP is left alone', async () => {
    const orgId = await anOrg();
    await db()
      .insertInto('tools')
      .values({
        ...{ id: `${orgId}-own`, org_id: orgId, name: 'get_listings', version: '9', description: 'mine' },
        ...{ category: null, schema: '{"input":{}}', status: 'active', kind: 'http', config: '{}' },
        requires_approval: false,
      })
      .execute();
    await ensureHosted(db(), catalogue, vault, { orgId });
    expect(await toolOf(orgId)).toMatchObject({ id: `${orgId}-own`, version: '9', description: 'mine' });
  });

  test('a tool of a plugin is given out with the approval that its code asks for', async () => {
    const orgId = await anOrg();
    const tool = defineTool({
      ...{ name: 'pay', description: 'Pays', category: 'money', requiresApproval: true, parameters: [] },
      execute: () => null,
    });
    const tools = new Map([['pay', { kind: 'plugin' as const, tool }]]);
    await ensureHosted(db(), { agents: [], tools, handlers: new Map() }, vault, { orgId });
    expect(await toolsOf(orgId)).toMatchObject([{ name: 'pay', kind: 'builtin', requires_approval: true }]);
  });
});
