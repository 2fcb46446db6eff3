import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { durableOf } from '../../src/brokers/nats-queue.js';
import { startWorkers } from '../../src/worker/start.js';
import { openTestContext, serveTestApi } from '../support/api.js';
import { openBrokerApi } from '../support/broker-api.js';
import { openTestEngine } from '../support/engine.js';
import { eventually } from '../support/mainspring.js';
import { describeNats, startNats } from '../support/nats-server.js';

const LIMIT_MS = 60_000;

describeNats('the connection to a broker', () => {
  test(
    'goes over to another worker when the one that has it stops, and nothing is lost or doubled',
    async () => {
      const [nats, engine] = await Promise.all([startNats(), openTestEngine()]);
      const env = { TEMPORAL_NAMESPACE: engine.namespace };
      const context = await openTestContext({ env });
      const further = await openTestContext({ env, database: context.database });
      const first = await startWorkers(context);
      const served = await serveTestApi(context, {});
      const api = await openBrokerApi({ ...served, mailboxes: context.mailboxes });
      const broker = await api.addBroker({ endpoints: [nats.url] });
      const agent = await api.addAgent({ topics: ['news'], brokers: [broker.name] });
      const theirs = await connect({ servers: nats.url, reconnect: false });
      const manager = await jetstreamManager(theirs);
      const consumer = () =>
        manager.consumers.info('mainspring', durableOf(agent.id, broker.id)).catch(() => null);
      await eventually(consumer, (found) => found !== null);

      const second = await startWorkers(further);
      const ids = Array.from({ length: 60 }, () => randomUUID());
      let closed: Promise<void> | undefined;
      for (const [index, id] of ids.entries()) {
        if (index === 20) first.beginShutdown();
        if (index === 40) closed = first.close();
        const body = JSON.stringify({ id, type: 'note', payload: {} });
        await jetstream(theirs).publish('mainspring.topics.news', body);
      }
      await closed;
      expect(await api.untilMail(agent.id, ids.length)).toEqual(ids);

      second.beginShutdown();
      await second.close();
      await theirs.close();
      further.starter.close();
      await further.connection.close();
      await served.close();
      await engine.close();
      await nats.stop();
    },
    LIMIT_MS,
  );
});
