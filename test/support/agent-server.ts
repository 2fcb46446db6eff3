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

export async function openAgentServer(): Promise<AgentServer> {
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
