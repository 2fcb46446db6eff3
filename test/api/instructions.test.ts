import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as newId } from 'uuid';
import { agentConfig } from '../../src/agents/agent-config.js';
import type { CreatedOrg } from '../../src/api/create-org.js';
import { getAgent } from '../../src/db/agents.js';
import type { Agent } from '../../src/schemas/agent.js';
import type { Instruction } from '../../src/schemas/instruction.js';
import { type Answer, type Sent, startTestApi, type TestApi } from '../support/api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

/** An organisation of a test's own: what it says to all agents would reach those of others. */
async function openOrg() {
  const org: CreatedOrg = await api.org();
  const { db } = api.database;
  const admin = (path: string, sent: Sent = {}) => api.send(path, { token: org.adminToken, ...sent });
  return {
    ...org,
    admin,
    async agent(over: Record<string, unknown> = {}): Promise<string> {
      const answer = await admin('/agents', { body: { name: newId(), ...over } });
      return answer.json<{ agent: Agent }>().agent.id;
    },
    async instruct(body: Record<string, unknown>): Promise<Instruction> {
      const answer = await admin('/instructions', { body: { name: 'one', layer: 'organisation', ...body } });
      if (answer.status !== 201) throw new Error(answer.text);
      return instructionOf(answer);
    },
    change: ({ id }: Instruction, body: unknown, headers: Record<string, string> = {}) =>
      admin(`/instructions/${id}`, { method: 'PATCH', body, headers }),
    async given(agentId: string, context: string | null = null) {
      const agent = await getAgent(db, org.orgId, agentId);
      if (!agent) throw new Error('no such agent');
      return agentConfig({ db, vault: api.vault }, agent, context);
    },
  };
}
const instructionOf = (answer: Answer) => answer.json<{ instruction: Instruction }>().instruction;

describe('an instruction', () => {
  test('stands as it was given, and is listed by whom it is for', async () => {
    const { admin, agent, key } = await openOrg();
    const agentId = await agent();
    const body = {
      name: 'Manners',
      layer: 'agent',
      agentId,
      systemPrompt: 'Be kind.',
      guidelines: ['Greet.'],
    };
    const answer = await admin('/instructions', { body });
    expect([answer.status, answer.headers.get('etag')]).toEqual([201, '"1"']);
    const instruction = instructionOf(answer);
    expect(instruction).toMatchObject({ ...body, context: null, variants: [], status: 'active' });
    expect(instructionOf(await api.send(`/instructions/${instruction.id}`, { key }))).toEqual(instruction);
    const idsOf = async (query: string) =>
      (await api.send(`/instructions?${query}`, { key }))
        .json<{ instructions: Instruction[] }>()
        .instructions.map(({ id }) => id);
    expect(await idsOf(`layer=agent&agentId=${agentId}&status=active`)).toEqual([instruction.id]);
    expect(await idsOf('context=x')).toEqual([]);
  });

  test.each([
    [{ layer: 'agent', agentId: 'nobody' }, 'agentId'],
    [{ layer: 'agent' }, 'agentId'],
    [{ layer: 'organisation', context: 'x' }, 'context'],
    [{ layer: 'organisation', variants: [{ name: 'a' }, { name: 'a' }] }, 'variants'],
    [{ layer: 'organisation', variants: [{ name: 'a', weight: 0 }] }, 'variants'],
  ])('%j is refused', async (over, path) => {
    const { admin } = await openOrg();
    const answer = await admin('/instructions', { body: { name: 'x', ...over } });
    expect([answer.status, answer.problem().errors?.[0]?.path]).toEqual([422, path]);
  });

  test("is not for another organisation's agent", async () => {
    const [one, other] = [await openOrg(), await openOrg()];
    const body = { name: 'x', layer: 'agent', agentId: await other.agent() };
    expect((await one.admin('/instructions', { body })).problem().errors?.[0]?.path).toBe('agentId');
  });

  test('is changed to the revision that was meant, and then deleted', async () => {
    const { instruct, change, admin } = await openOrg();
    const instruction = await instruct({ systemPrompt: 'old', guidelines: ['old'] });
    const changed = await change(instruction, { systemPrompt: 'new' }, { 'if-match': '"1"' });
    expect(instructionOf(changed)).toMatchObject({ systemPrompt: 'new', guidelines: ['old'] });
    expect((await change(instruction, { name: 'x' }, { 'if-match': '"1"' })).status).toBe(412);
    const path = `/instructions/${instruction.id}`;
    expect((await admin(path, { method: 'DELETE', headers: { 'if-match': '"2"' } })).status).toBe(204);
    expect((await admin(path, { method: 'DELETE' })).status).toBe(404);
  });
});

describe('what an agent is told', () => {
  test('is merged: for all, its own, for it, for the context; then all guidelines numbered', async () => {
    const { agent, instruct, given } = await openOrg();
    const agentId = await agent({ instruction: { systemPrompt: 'Own.', guidelines: ['g own'] } });
    await instruct({ layer: 'context', context: 'night', systemPrompt: 'Night.', guidelines: ['g night'] });
    await instruct({ layer: 'agent', agentId, systemPrompt: 'For you.' });
    await instruct({ systemPrompt: 'All, first.', guidelines: ['g all'] });
    await instruct({ systemPrompt: 'All, second.' });
    await instruct({ systemPrompt: 'Never.', status: 'inactive' });
    await instruct({ layer: 'agent', agentId: await agent(), systemPrompt: 'For another.' });
    expect((await given(agentId, 'night')).instruction).toBe(
      'All, first.\n\nAll, second.\n\nOwn.\n\nFor you.\n\nNight.\n\n1. g all\n2. g own\n3. g night',
    );
    expect((await given(agentId, 'day')).instruction).not.toContain('Night');
    expect((await given(agentId)).instruction).not.toContain('Night');
  });

  test('is never what another organisation says', async () => {
    const [one, other] = [await openOrg(), await openOrg()];
    await other.instruct({ systemPrompt: 'Ours.' });
    expect((await one.given(await one.agent())).instruction).toBe('');
  });

  test('raises the version of those whom it concerns, when it is given, changed and taken away', async () => {
    const { agent, instruct, change, admin, given } = await openOrg();
    const [one, other] = [await agent(), await agent()];
    const versions = async () => [(await given(one)).configVersion, (await given(other)).configVersion];
    const forOne = await instruct({ layer: 'agent', agentId: one });
    expect(await versions()).toEqual([2, 1]);
    const forAll = await instruct({});
    expect(await versions()).toEqual([3, 2]);
    await change(forAll, { systemPrompt: 'p' });
    await change(forOne, { systemPrompt: 'p' });
    expect(await versions()).toEqual([5, 3]);
    await change(forAll, { status: 'inactive' });
    await change(forAll, { systemPrompt: 'q' });
    expect(await versions()).toEqual([6, 4]);
    await admin(`/instructions/${forOne.id}`, { method: 'DELETE' });
    expect(await versions()).toEqual([7, 4]);
  });

  test('holds the settings in full', async () => {
    const { agent, given } = await openOrg();
    const settings = { discord: { token: 'hunter2' } };
    expect((await given(await agent({ settings }))).settings).toEqual(settings);
  });
});

describe('variants', () => {
  const variant = (name: string, weight = 1) => ({ name, weight, systemPrompt: `Variant ${name}.` });

  test('fall to agents by weight, and each agent keeps its own when weights change', async () => {
    const { agent, instruct, change, given } = await openOrg();
    const instruction = await instruct({ systemPrompt: 'Not this.', variants: [variant('a'), variant('b')] });
    const agents = await Promise.all(Array.from({ length: 24 }, () => agent()));
    const read = () => Promise.all(agents.map(async (id) => (await given(id)).instruction));
    const before = await read();
    expect(new Set(before)).toEqual(new Set(['Variant a.', 'Variant b.']));
    await change(instruction, { variants: [variant('a', 1_000), variant('b', 0)] });
    expect(await read()).toEqual(before);
    const late = await Promise.all(Array.from({ length: 5 }, () => agent()));
    for (const id of late) expect((await given(id)).instruction).toBe('Variant a.');
  });

  test('that are taken out are picked anew, once', async () => {
    const { agent, instruct, change, given } = await openOrg();
    const instruction = await instruct({ variants: [variant('old')] });
    const agentId = await agent();
    expect((await given(agentId)).instruction).toBe('Variant old.');
    await change(instruction, { variants: [variant('new'), variant('newer', 0)] });
    const texts = await Promise.all([1, 2, 3].map(async () => (await given(agentId)).instruction));
    expect(texts).toEqual(['Variant new.', 'Variant new.', 'Variant new.']);
    await change(instruction, { variants: [variant('new', 0), variant('newer')] });
    expect((await given(agentId)).instruction).toBe('Variant new.');
    await change(instruction, { variants: [], systemPrompt: 'Itself.' });
    expect((await given(agentId)).instruction).toBe('Itself.');
  });

  test('are answered with how many agents got them, and how those fared', async () => {
    const { agent, instruct, given, admin, orgId } = await openOrg();
    const instruction = await instruct({ variants: [variant('a'), variant('b', 0)] });
    for (const agentId of [await agent(), await agent()]) {
      await given(agentId);
      for (const hour of ['2030-01-31T09:00:00Z', '2030-01-31T10:00:00Z'])
        await api.database.db
          .insertInto('agent_usage')
          .values({
            ...{ org_id: orgId, agent_id: agentId, hour: new Date(hour), kind: 'variant' },
            ...{ subject: instruction.id, variant: 'a', succeeded: 3, failed: 1 },
          })
          .execute();
    }
    const answer = instructionOf(await admin(`/instructions/${instruction.id}`));
    expect(answer.variants).toMatchObject([
      { name: 'a', weight: 1, agents: 2, succeeded: 12, failed: 4 },
      { name: 'b', weight: 0, agents: 0, succeeded: 0, failed: 0 },
    ]);
  });
});
