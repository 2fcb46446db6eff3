import { afterAll, beforeAll } from '@jest/globals';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { type BrokerApi, openBrokerApi } from './broker-api.js';
import { startMainspring, type TestMainspring } from './mainspring.js';
import { type NatsServer, startNats } from './nats-server.js';

const LIMIT_MS = 60_000;

/** A NATS server, a Mainspring that uses it, and the connection of somebody else's program; for all tests of a file. */
export interface NatsBench {
  readonly nats: NatsServer;
  readonly mainspring: TestMainspring;
  readonly api: BrokerApi;
  readonly theirs: NatsConnection;
  /** The other program comes back after the server was away. */
  reconnect(): Promise<void>;
}

export function natsBench(): NatsBench {
  let nats: NatsServer;
  let mainspring: TestMainspring;
  let api: BrokerApi;
  let theirs: NatsConnection;
  const reconnect = async () => {
    theirs = await connect({ servers: nats.url, reconnect: false });
  };
  beforeAll(async () => {
    [nats, mainspring] = await Promise.all([startNats(), startMainspring()]);
    api = await openBrokerApi(mainspring);
    await reconnect();
  }, LIMIT_MS);
  afterAll(async () => {
    await mainspring?.close();
    await theirs?.close();
    await nats?.stop();
  }, LIMIT_MS);
  return {
    get nats() {
      return nats;
    },
    get mainspring() {
      return mainspring;
    },
    get api() {
      return api;
    },
    get theirs() {
      return theirs;
    },
    reconnect,
  };
}
