import { describe, expect, test } from '@jest/globals';
import type { BuiltinContext } from '../../src/tools/builtin.js';
import { curateContent } from '../../src/tools/content/curate-content.js';
import { generateContent } from '../../src/tools/content/generate-content.js';
import { describeEachDatabase } from '../support/databases.js';
import { callOf, nextCall, toolContext } from '../support/tools.js';

interface Curated {
  collection: { id: string; name: string; items: { item_id: string; note?: string }[] };
}

describeEachDatabase('collections', (database) => {
  const curate = <A = Curated>(context: BuiltinContext, args: object) =>
    callOf<A>(curateContent, args, nextCall(context));
  const items = (...ids: string[]) => ids.map((item_id) => ({ item_id }));
  const idsOf = ({ collection }: Curated) => collection.items.map(({ item_id }) => item_id);

  test('a collection is made, filled, ordered, emptied and deleted', async () => {
    const context = await toolContext(database());
    const made = await curate(context, { action: 'create', collection: 'Best of', items: items('a', 'b') });
    expect(idsOf(made)).toEqual(['a', 'b']);
    const added = await curate(context, {
      ...{ action: 'add', collection: 'Best of' },
      items: [...items('c', 'c'), { item_id: 'a', note: 'again' }],
    });
    expect(added.collection.items).toEqual([
      { item_id: 'a', note: 'again' },
      { item_id: 'b' },
      { item_id: 'c' },
    ]);
    const id = made.collection.id;
    expect(
      idsOf(await curate(context, { action: 'reorder', collection: id, items: items('c', 'x') })),
    ).toEqual([...['c', 'a', 'b']]);
    expect(
      idsOf(await curate(context, { action: 'remove', collection: id, items: items('a', 'x') })),
    ).toEqual([...['c', 'b']]);
    expect(idsOf(await curate(context, { action: 'get', collection: 'Best of' }))).toEqual(['c', 'b']);
    expect(await curate<object>(context, { action: 'list' })).toMatchObject({
      collections: [{ id, name: 'Best of', items: 2 }],
    });
    const end = { action: 'delete', collection: 'Best of' };
    expect(await curate<object>(context, end)).toEqual({ collection: 'Best of', deleted: true });
    expect(await curate<object>(context, end)).toEqual({ collection: 'Best of', deleted: false });
  });

  test('a call that creates makes one collection however often it is made; a taken name is refused', async () => {
    const context = await toolContext(database());
    const args = { action: 'create', collection: 'Once', items: items('a') };
    const first = await callOf(curateContent, args, context);
    expect(await callOf(curateContent, args, context)).toEqual(first);
    await expect(curate(context, args)).rejects.toThrow('there is a collection "Once" already');
  });

  test('a collection is not seen, changed or deleted by another organisation', async () => {
    const [owner, stranger] = [await toolContext(database()), await toolContext(database())];
    const { collection } = await curate(owner, { action: 'create', collection: 'Mine', items: items('a') });
    for (const action of ['get', 'add', 'remove', 'reorder'])
      await expect(
        curate(stranger, { action, collection: collection.id, items: items('z') }),
      ).rejects.toThrow('there is no collection');
    expect(await curate<object>(stranger, { action: 'list' })).toEqual({ collections: [] });
    expect(await curate<object>(stranger, { action: 'delete', collection: collection.id })).toMatchObject({
      deleted: false,
    });
    expect(idsOf(await curate(owner, { action: 'get', collection: 'Mine' }))).toEqual(['a']);
  });

  test.each([{ action: 'get' }, { action: 'add', collection: 'x' }, { action: 'burn', collection: 'x' }])(
    '%j is refused',
    (args) => {
      expect(curateContent.input.safeParse(args).success).toBe(false);
    },
  );

  test('a model is given a schema without alternatives at its root, which providers refuse', () => {
    expect(curateContent.inputSchema).toMatchObject({ type: 'object', required: ['action'] });
    expect(Object.keys(curateContent.inputSchema)).not.toContain('anyOf');
  });
});

describe('content that a model writes', () => {
  /** Answers what it is told to, and keeps what it was asked. */
  async function write(args: object, data: unknown) {
    const asked: { prompt: string; system: string; schema?: object }[] = [];
    const askModel: BuiltinContext['askModel'] = async (question) => {
      asked.push(question);
      return { text: '', data };
    };
    // It touches nothing but the model.
    const context = { askModel } as BuiltinContext;
    const answer = await callOf(generateContent, args, context);
    return { answer, question: asked[0] };
  }

  test.each([
    ['title', { title: 'A lamp' }],
    ['description', { description: 'It glows.' }],
    ['social_post', { text: 'Look!', hashtags: ['lamp'] }],
    ['email', { subject: 'A lamp', body: 'Dear reader' }],
  ])('%s: the model is asked for its parts, and they are answered', async (type, data) => {
    const { answer, question } = await write({ type, topic: 'a lamp', keywords: ['warm'] }, data);
    expect(answer).toEqual({ type, language: 'English', content: data, was_shortened: false });
    expect(question?.schema).toMatchObject({ type: 'object', required: Object.keys(data) });
    expect(JSON.parse(question?.prompt ?? '')).toMatchObject({ subject: 'a lamp', keywords: ['warm'] });
  });

  test('what is too long ends at the end of a word before the limit', async () => {
    const { answer } = await write(
      { type: 'title', topic: 'x', max_length: 20 },
      { title: 'one two three four five six' },
    );
    expect(answer).toMatchObject({ content: { title: 'one two three four…' }, was_shortened: true });
  });

  test('an answer in another form is an error that says so', async () => {
    for (const data of [null, 'text', { body: 'x' }])
      await expect(write({ type: 'email', topic: 'x' }, data)).rejects.toThrow('in the form');
  });
});
