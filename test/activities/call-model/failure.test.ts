import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { DatabaseError } from '../../../src/db/database-error.js';
import { describeEachDatabase } from '../../support/databases.js';
import { failureOf, modelCalls } from '../../support/model-calls.js';
import { type ModelServer, startModelServer } from '../../support/model-server.js';

let server: ModelServer;
beforeAll(async () => {
  server = await startModelServer();
});
afterEach(() => server.reset());
afterAll(() => server.close());

describeEachDatabase('a call of a model where models fail', (database) => {
  const { db, activity, callModel, someAgent, running, rowOf, callOf } = modelCalls(database, () => server);

  const two = { GOOGLE_API_KEY: 'g', LLM_MODEL: 'mine' };
  const both = () => ({ ...two, GOOGLE_BASE_URL: server.url });

  test.each([429, 500, 401, 404])(
    'asks the next one after a %s, and records which one answered',
    async (status) => {
      const task = await running(await someAgent());
      server.script({ status }, { text: 'From Google.' });
      await callModel(task, { config: both() });
      expect(server.requests.map(({ wire }) => wire)).toEqual(['openai', 'google']);
      expect(await rowOf(task)).toMatchObject({ output: 'From Google.', model: 'gemini-2.0-flash' });
      expect(await callOf(task)).toMatchObject({ provider: 'google', attempts: 2 });
    },
  );

  test('is tried again after the shortest pause that they ask for', async () => {
    const task = await running(await someAgent());
    server.otherwise = { status: 429, headers: { 'retry-after': '90' } };
    server.script({ status: 429, headers: { 'retry-after': '3' } });
    expect(await failureOf(callModel(task, { attempt: 1, config: both() }))).toMatchObject({
      ...{ type: 'rate_limit', nonRetryable: false, nextRetryDelay: 3_000 },
    });
    expect(await callOf(task)).toMatchObject({ status: 'requested', reserved_tokens: 0 });
    expect(await failureOf(callModel(task, { attempt: 2 }))).toMatchObject({ nextRetryDelay: 60_000 });
  });

  test('has failed for good after the last attempt', async () => {
    const task = await running(await someAgent());
    server.otherwise = { status: 503, message: 'down' };
    expect(await failureOf(callModel(task))).toMatchObject({
      type: 'model',
      message: 'custom mine: 503 down',
    });
    expect(await callOf(task)).toMatchObject({
      ...{ status: 'failed', error_category: 'model', error_message: 'custom mine: 503 down' },
    });
  });

  test('waits while our own database is away, and loses no attempt by it', async () => {
    const task = await running(await someAgent());
    const make = activity();
    let calls = 0;
    await callModel(task, {
      make: (ref, options) => {
        if (++calls <= 2) throw new DatabaseError('unavailable', 'the database cannot be reached');
        return make(ref, options);
      },
    });
    expect(calls).toBe(3);
    expect(await callOf(task)).toMatchObject({ status: 'completed', attempts: 1 });
  });

  test('is not tried again when all of them refused', async () => {
    const task = await running(await someAgent());
    server.otherwise = { status: 401, message: 'who are you?' };
    expect(await failureOf(callModel(task, { attempt: 1, config: both() }))).toMatchObject({
      ...{ type: 'model', nonRetryable: true },
      message: expect.stringContaining('google gemini-pro: 401 who are you?'),
    });
    expect(await callOf(task)).toMatchObject({ status: 'failed' });
  });

  /** Has the next writes of an answer fail inside the database, as often as that. */
  async function failWrites(times: number, { waste = false } = {}): Promise<() => Promise<void>> {
    const condition = waste ? 'new.input_tokens > old.input_tokens' : "new.status = 'completed'";
    const sequence = `failures_${randomUUID().replaceAll('-', '')}`;
    await sql.raw(`create sequence ${sequence}`).execute(db());
    await sql
      .raw(`create function ${sequence}_fail() returns trigger language plpgsql as $$ begin
        if nextval('${sequence}') <= ${times} then raise exception 'no space left'; end if;
        return new; end $$`)
      .execute(db());
    await sql
      .raw(`create trigger failing before update on model_calls for each row
        when (${condition}) execute function ${sequence}_fail()`)
      .execute(db());
    return async () => void (await sql`drop trigger failing on model_calls`.execute(db()));
  }

  test('whose answer cannot be written at once is not asked for again', async () => {
    const task = await running(await someAgent());
    const mend = await failWrites(3);
    await callModel(task, { attempt: 1 });
    await mend();
    expect(server.requests).toHaveLength(1);
    expect(await rowOf(task)).toMatchObject({ output: 'done', input_tokens: 100, output_tokens: 20 });
  });

  test.each([
    ['at all', false],
    ['nor even what it used', true],
  ])(
    'whose answer cannot be written %s is asked for again, and all that was used counts',
    async (_, waste) => {
      const task = await running(await someAgent());
      const make = activity();
      const mend = await failWrites(1_000, { waste });
      await expect(callModel(task, { attempt: 1, make })).rejects.toThrow();
      await mend();
      expect(await callOf(task)).toMatchObject(
        waste ? { input_tokens: 0, status: 'running' } : { input_tokens: 100, status: 'requested' },
      );
      await callModel(task, { attempt: 2, make });
      expect(server.requests).toHaveLength(2);
      expect(await callOf(task)).toMatchObject({
        status: 'completed',
        input_tokens: 200,
        reserved_tokens: 0,
      });
      expect(await rowOf(task)).toMatchObject({ input_tokens: 200, output_tokens: 40 });
    },
    30_000,
  );

  test('counts what was used before an answer broke off', async () => {
    const task = await running(await someAgent());
    server.script({ text: 'x'.repeat(300), inBandError: { status: 503 } }, { text: 'From Google.' });
    await callModel(task, { config: both() });
    const row = await rowOf(task);
    expect(row?.input_tokens).toBeGreaterThan(150);
    expect(row?.output_tokens).toBeGreaterThanOrEqual(120);
    expect(row).toMatchObject({ output: 'From Google.' });
  });

  test('is not made for an agent that is suspended', async () => {
    const agent = await someAgent();
    const task = await running(agent);
    await db().updateTable('agents').set({ is_suspended: true }).where('id', '=', agent.id).execute();
    expect(await failureOf(callModel(task, { attempt: 1 }))).toMatchObject({
      ...{ type: 'configuration', nonRetryable: true, message: 'the agent is suspended' },
    });
    expect(server.requests).toEqual([]);
  });

  test('fails at once where there is none to ask, naming what to set', async () => {
    const task = await running(await someAgent());
    expect(await failureOf(callModel(task, { config: { LLM_ENDPOINT: undefined } }))).toMatchObject({
      ...{ type: 'configuration', nonRetryable: true },
      message: expect.stringContaining('GOOGLE_API_KEY, OPENAI_API_KEY, ANTHROPIC_API_KEY or LLM_ENDPOINT'),
    });
  });
});
