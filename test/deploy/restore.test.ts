import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MainspringClient } from '../../src/client/index.js';
import { migrate } from '../../src/db/migrate.js';
import { openServer } from '../../src/db/server.js';
import { DEMO_KEY } from '../support/api.js';
import { silentLog } from '../support/databases.js';
import { callsTo, eventually, startMainspring, type TestMainspring } from '../support/mainspring.js';
import { type PostgresServer, startPostgres } from '../support/postgres-server.js';
import { openReceiver, type Receiver } from '../support/receiver.js';

const LIMIT_MS = 120_000;
const run = promisify(execFile);
const [first, second] = await Promise.all([startPostgres(), startPostgres()]);
const hasDump = await run('pg_dump', ['--version']).then(
  () => true,
  () => false,
);

async function openOn({ url }: PostgresServer) {
  const database = await openServer({ url, poolSize: 5 }, silentLog);
  await migrate(database.db);
  return database;
}

if (!first || !second || !hasDump) {
  test('a restore is left out: PostgreSQL is not installed', () => undefined);
} else {
  describe('a database that is restored elsewhere, beside a Temporal that has gone on', () => {
    let receiver: Receiver;
    let mainspring: TestMainspring;
    let client: MainspringClient;
    let folder: string;
    const ids: Record<string, string> = {};
    let lastEvent = '';
    const idOf = (name: string) => ids[name] ?? '';

    const clientOf = ({ url }: TestMainspring) => new MainspringClient({ baseUrl: url, apiKey: DEMO_KEY });
    const create = async (seconds: number) => {
      const wish = { duration: `${seconds}s`, ...callsTo(`${receiver.url}/${seconds}`) };
      return (await mainspring.createTimer(wish)).id;
    };
    const taskAt = async (at: Date, name: string) => {
      const what = { agent_name: 'ContentAgent', method_name: 'curate', input: { action: 'list' } };
      const wish = { task_id: name, scheduled_at: at.toISOString(), ...what };
      return (await client.tasks.submit(wish)).task_id;
    };
    const start = async (server: PostgresServer, env: Record<string, string> = {}) => {
      const database = await openOn(server);
      mainspring = await startMainspring({ database, env });
      client = clientOf(mainspring);
    };
    const stop = async () => {
      await mainspring.close();
      await mainspring.database.close();
    };
    const callsOf = (id: string) => receiver.received.filter(({ body }) => JSON.parse(body).timer_id === id);

    beforeAll(async () => {
      receiver = await openReceiver();
      folder = await mkdtemp(join(tmpdir(), 'mainspring-dump-'));
      await start(first);
      const { namespace } = mainspring.client.options;
      const schedule = { agent_name: 'ContentAgent', method_name: 'curate', input: { action: 'list' } };
      ids.changed = (await client.schedules.create({ ...schedule, interval_seconds: 3_600 })).id;
      ids.deleted = (await client.schedules.create({ ...schedule, interval_seconds: 3_600 })).id;
      Object.assign(ids, {
        // Due when its database has been restored; here it fires before.
        fired: await create(8),
        cancelled: await create(3_600),
        far: await create(35),
        task: await taskAt(new Date(Date.now() + 5_000), 'ended-since'),
      });
      for await (const { id } of client.events.list({ limit: 500 })) lastEvent = id;
      const dump = join(folder, 'mainspring.dump');
      await run('pg_dump', ['--format=custom', `--file=${dump}`, first.url]);
      // What comes now is not in the backup.
      await client.timers.cancel(idOf('cancelled'));
      await client.timers.fire(idOf('fired'));
      ids.forgotten = await create(20);
      ids.forgottenTask = await taskAt(new Date(Date.now() + 8_000), 'begun-since');
      await client.schedules.change(idOf('changed'), { interval_seconds: 7_200 });
      await client.schedules.delete(idOf('deleted'));
      ids.newSchedule = (await client.schedules.create({ ...schedule, interval_seconds: 3_600 })).id;
      await client.timers.get(idOf('fired'), { wait: '30s' });
      expect((await client.tasks.get(idOf('task'), { wait: '30s' })).status).toBe('completed');
      expect(callsOf(idOf('fired'))).toHaveLength(1);
      await stop();
      await run('pg_restore', ['--no-owner', `--dbname=${second.url}`, dump]);
      await start(second, { TEMPORAL_NAMESPACE: namespace });
    }, LIMIT_MS);
    afterAll(async () => {
      await stop();
      await receiver.close();
      await rm(folder, { recursive: true });
      await Promise.all([first.stop(), second.stop()]);
    }, LIMIT_MS);

    test(
      'a timer that fired since then fires once more, under its webhook-id',
      async () => {
        const ended = await eventually(
          () => client.timers.get(idOf('fired'), { wait: '30s' }),
          ({ status }) => status === 'fired',
        );
        expect(ended.id).toBe(idOf('fired'));
        const calls = callsOf(idOf('fired'));
        expect(calls).toHaveLength(2);
        expect(new Set(calls.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
      },
      LIMIT_MS,
    );

    test(
      'a task that ended since then is done again, under its id',
      async () => {
        const ended = await eventually(
          () => client.tasks.get(idOf('task'), { wait: '30s' }),
          ({ status }) => status !== 'queued' && status !== 'running',
        );
        expect(ended.status).toBe('completed');
      },
      LIMIT_MS,
    );

    test(
      'what was cancelled, changed and deleted since then is as it was, in Temporal as well',
      async () => {
        expect((await client.timers.get(idOf('cancelled'))).status).toBe('scheduled');
        const { schedule } = mainspring.client;
        const everyOf = async (name: string) => {
          const description = await schedule.getHandle(`schedule/demo/${idOf(name)}`).describe();
          return description.spec.intervals?.map(({ every }) => every);
        };
        expect(await everyOf('changed')).toEqual([3_600_000]);
        expect(await everyOf('deleted')).toEqual([3_600_000]);
        await expect(everyOf('newSchedule')).rejects.toThrow();
      },
      LIMIT_MS,
    );

    test(
      'what was created since then is unknown, and its workflows end without it',
      async () => {
        for (const gone of [
          client.timers.get(idOf('forgotten')),
          client.tasks.get(idOf('forgottenTask')),
          client.schedules.get(idOf('newSchedule')),
        ]) {
          await expect(gone).rejects.toMatchObject({ code: 'not_found' });
        }
        await eventually(
          async () => (await mainspring.workflows.getHandle('task/demo/begun-since').describe()).status.name,
          (status) => status === 'COMPLETED',
        );
        expect(callsOf(idOf('forgotten'))).toEqual([]);
      },
      LIMIT_MS,
    );

    test(
      'what is due from now on happens on time, and once',
      async () => {
        const soon = await create(2);
        expect((await client.timers.get(soon, { wait: '30s' })).status).toBe('fired');
        await eventually(
          () => client.timers.get(idOf('far'), { wait: '60s' }),
          ({ status }) => status === 'fired',
        );
        expect(callsOf(soon)).toHaveLength(1);
        expect(callsOf(idOf('far'))).toHaveLength(1);
      },
      LIMIT_MS,
    );

    test(
      'who follows the events with a cursor of the backup goes on, without a gap',
      async () => {
        const newer: string[] = [];
        for await (const { type, subject } of client.events.list({ type: 'timer.fired', limit: 500 })) {
          if (type === 'timer.fired') newer.push(subject);
        }
        expect(newer).toEqual(expect.arrayContaining([idOf('fired'), idOf('far')]));
        const { body } = await mainspring
          .send(`/events?cursor=${lastEvent}&limit=500`, { key: DEMO_KEY })
          .then((answer) => ({ body: answer.json<{ events: { subject: string }[] }>() }));
        const seen = body.events.map(({ subject }) => subject);
        expect(seen).toEqual(expect.arrayContaining([idOf('fired'), idOf('far')]));
      },
      LIMIT_MS,
    );
  });
}
