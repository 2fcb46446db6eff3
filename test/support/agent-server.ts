import { afterEach, beforeEach } from '@jest/globals';
import { AIWMClient, type AIWMOptions, type MainspringError } from '../../src/client/index.js';
import { type FakeServer, json, openFakeServer } from '../client/fake-server.js';

export const CONNECT = 'POST /agents/a1/connect';
export const HEARTBEAT = 'POST /agents/a1/heartbeat';
export const CONFIG = 'GET /agents/a1/config';
export const REFRESH = 'POST /agents/a1/token/refresh';
export const DISCONNECT = 'POST /agents/a1/disconnect';
export const SECRET = 'mas_the-secret';

export const config = (over: object = {}) => ({
  instruction: 'Be helpful.',
  tools: [{ _id: 't1', name: 'read-file', description: '', schema: { input: {} } }],
  agent: { id: 'a1', name: 'An agent', orgId: 'o1' },
  settings: { claudeModel: 'haiku' },
  configVersion: 1,
  ...over,
});
export const connected = (over: object = {}) =>
  json(200, {
    token: 'token-1',
    expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
    ...config(),
    ...over,
  });
export const beaten = (over: object = {}) =>
  json(200, { success: true, configVersion: 1, lifecycle: 'running', ...over });

/** A server that knows one agent, `a1`, and its clients, which disconnect when it closes. */
export interface AgentServer extends FakeServer {
  client(options?: AIWMOptions<true>): AIWMClient<true>;
  /** The heartbeats it was sent. */
  beats(): unknown[];
}

async function openAgentServer(): Promise<AgentServer> {
  const clients: AIWMClient[] = [];
  const server = await openFakeServer();
  server.on(CONNECT, connected());
  server.on(HEARTBEAT, beaten());
  server.on(DISCONNECT, json(204));
  return {
    ...server,
    client(options = {}) {
      const made = new AIWMClient<true>({
        enabled: true,
        baseUrl: server.url,
        agentId: 'a1',
        agentSecret: SECRET,
        ...options,
      });
      clients.push(made);
      return made;
    },
    beats: () => server.bodies(HEARTBEAT),
    async close() {
      await Promise.all(clients.map((one) => one.disconnect()));
      await server.close();
    },
  };
}

export const failureOf = (promise: Promise<unknown>): Promise<MainspringError> =>
  promise.then(
    () => Promise.reject(new Error('it did not fail')),
    (error) => error,
  );

/** What tests of the client work with: a server of its own for each of them. */
export interface AgentServerBench {
  readonly server: AgentServer;
  client(options?: AIWMOptions<true>): AIWMClient<true>;
  beats(): unknown[];
}

/** Opens a server before each test of a file, and closes it after the test. */
export function agentServerBench(): AgentServerBench {
  let server: AgentServer;
  beforeEach(async () => {
    server = await openAgentServer();
  });
  afterEach(() => server.close());
  return {
    get server() {
      return server;
    },
    client: (options) => server.client(options),
    beats: () => server.beats(),
  };
}
