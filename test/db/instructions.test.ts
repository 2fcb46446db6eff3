import { beforeAll, expect, test } from '@jest/globals';
import { insertAgent } from '../../src/db/agents.js';
import {
  assignVariants,
  insertInstruction,
  instructionsFor,
  updateInstruction,
} from '../../src/db/instructions.js';
import { ensureOrg } from '../../src/db/orgs.js';
import { describeEachDatabase } from '../support/databases.js';

const AGENT = { org_id: 'acme', id: 'agent' };
const variants = (...names: string[]) =>
  names.map((name) => ({ name, weight: 1, systemPrompt: name, guidelines: [] }));
const picked = (instructionId: string, variant: string) => [{ instructionId, variant }];

describeEachDatabase('assignments of variants', (database) => {
  beforeAll(async () => {
    const { db } = database();
    await ensureOrg(db, { id: 'acme', name: 'acme', tier: 'pro', webhookSecret: 'x' });
    await insertAgent(db, {
      ...{ id: 'agent', orgId: 'acme', name: 'agent', type: null, description: null, instruction: null },
      ...{ tools: [], settings: '', environment: '', model: null },
      ...{ intervalMs: 60_000, missedAfter: 3, onMissed: [] },
      ...{ limits: {}, definition: null },
    });
  });
  const instruct = (id: string, ...names: string[]) =>
    insertInstruction(database().db, {
      ...{ id, orgId: 'acme', name: id, layer: 'organisation', agentId: null, context: null },
      ...{ systemPrompt: '', guidelines: [], variants: variants(...names), status: 'active' },
    });

  test('of two picks at once the first one stands', async () => {
    const { db } = database();
    await instruct('i1', 'a', 'b');
    const answers = await Promise.all(
      ['a', 'b', 'a', 'b'].map((variant) => assignVariants(db, AGENT, picked('i1', variant))),
    );
    const [standing] = await instructionsFor(db, AGENT, null);
    expect(['a', 'b']).toContain(standing?.assigned);
    for (const answer of answers) expect(answer.get('i1')).toBe(standing?.assigned);
  });

  test('one that was removed from its instruction makes room', async () => {
    const { db } = database();
    await instruct('i2', 'a', 'b');
    await assignVariants(db, AGENT, picked('i2', 'a'));
    await updateInstruction(db, { id: 'i2' }, { variants: JSON.stringify(variants('b', 'c')) });
    expect((await assignVariants(db, AGENT, picked('i2', 'c'))).get('i2')).toBe('c');
    expect((await assignVariants(db, AGENT, picked('i2', 'b'))).get('i2')).toBe('c');
  });

  test('what was deleted meanwhile is left out', async () => {
    const { db } = database();
    expect(await assignVariants(db, AGENT, picked('gone', 'a'))).toEqual(new Map());
    expect(await assignVariants(db, { id: 'gone' }, picked('i1', 'a'))).toEqual(new Map());
    expect(await assignVariants(db, AGENT, [])).toEqual(new Map());
  });
});
