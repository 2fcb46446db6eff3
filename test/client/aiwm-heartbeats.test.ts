import { describe, expect, test } from '@jest/globals';
import type { AIWMCommand, AIWMState } from '../../src/client/index.js';
import { agentServerBench, beaten, CONFIG, config, HEARTBEAT } from '../support/agent-server.js';
import { until } from '../support/until.js';
import { hangUp, json, problem } from './fake-server.js';

const bench = agentServerBench();
const { client, beats } = bench;

describe('heartbeats', () => {
  test('carry status, metrics and what was counted; the next one begins at nothing', async () => {
    const aiwm = client({ metrics: async () => ({ cpu: 45, memory: Number.NaN }) });
    await aiwm.connect();
    aiwm.setStatus('busy');
    aiwm.recordToolUse('read-file', true);
    aiwm.recordToolUse('read-file', false);
    aiwm.recordOutcome(true);
    aiwm.startHeartbeat(30);
    await until(() => beats().length === 2);
    expect(beats()).toEqual([
      {
        status: 'busy',
        metrics: { cpu: 45 },
        toolUse: { 'read-file': { succeeded: 1, failed: 1 } },
        outcomes: { succeeded: 1, failed: 0 },
      },
      { status: 'busy', metrics: { cpu: 45 } },
    ]);
    const sent = bench.server.received.find(({ url }) => url.endsWith('/heartbeat'));
    expect(sent?.headers.authorization).toBe('Bearer token-1');
  });

  test('what one could not deliver goes out with the next', async () => {
    bench.server.on(HEARTBEAT, hangUp, problem(503, 'unavailable'), beaten());
    const states: AIWMState[] = [];
    const aiwm = client({ onState: (state) => states.push(state) });
    await aiwm.connect();
    aiwm.recordToolUse('read-file', true);
    aiwm.startHeartbeat(20);
    await until(() => beats().length >= 2);
    aiwm.recordToolUse('read-file', true);
    await until(() => beats().length >= 3);
    expect(beats()[2]).toEqual({ status: 'online', toolUse: { 'read-file': { succeeded: 2, failed: 0 } } });
    await until(() => states.length === 3);
    expect(states).toEqual(['connected', 'away', 'connected']);
  });

  test('never overlap, however slow the server', async () => {
    let under = 0;
    let most = 0;
    bench.server.on(HEARTBEAT, (response, received) => {
      most = Math.max(most, ++under);
      setTimeout(() => {
        under--;
        beaten()(response, received);
      }, 60);
    });
    const aiwm = client();
    await aiwm.connect();
    aiwm.startHeartbeat(5);
    aiwm.startHeartbeat(5);
    await until(() => beats().length >= 4);
    expect(most).toBe(1);
  });

  test('callbacks and metrics that fail or hang stop nothing', async () => {
    bench.server.on(CONFIG, json(200, config({ configVersion: 2 })));
    bench.server.on(HEARTBEAT, beaten({ configVersion: 2, commands: ['pause'] }));
    const fail = () => {
      throw new Error('a bug');
    };
    const hang = new Promise<never>(() => undefined);
    const aiwm = client({ metrics: fail, onConfigChange: () => hang, onCommand: fail, onState: fail });
    await aiwm.connect();
    aiwm.startHeartbeat(20);
    await until(() => beats().length >= 3);
    expect(beats()[0]).toEqual({ status: 'online' });
  });

  test('metrics that the server refuses do not make the agent look silent', async () => {
    bench.server.on(HEARTBEAT, problem(422, 'invalid'), beaten());
    const failures: number[] = [];
    const aiwm = client({ metrics: () => ({ cpu: 1 }), onError: ({ status }) => failures.push(status) });
    await aiwm.connect();
    aiwm.startHeartbeat(60_000);
    await until(() => beats().length === 2);
    expect(beats()[1]).toEqual({ status: 'online' });
    expect(failures).toEqual([422]);
  });

  test('without a connection the first one makes it', async () => {
    const aiwm = client();
    aiwm.startHeartbeat();
    await until(() => beats().length === 1);
    expect(aiwm.config?.instruction).toBe('Be helpful.');
  });
});

describe('what the server wants', () => {
  test('a changed configuration is read and told once', async () => {
    const seen: string[] = [];
    bench.server.on(CONFIG, json(200, config({ configVersion: 2, instruction: 'Be brief.' })));
    bench.server.on(HEARTBEAT, beaten(), beaten({ configVersion: 2 }));
    const aiwm = client({ onConfigChange: ({ instruction }) => seen.push(instruction) });
    await aiwm.connect();
    aiwm.startHeartbeat(20);
    await until(() => beats().length >= 5);
    expect(seen).toEqual(['Be brief.']);
    expect(aiwm.config?.configVersion).toBe(2);
  });

  test('a configuration that cannot be read is read after the next heartbeat', async () => {
    bench.server.on(CONFIG, problem(503, 'unavailable'), json(200, config({ configVersion: 2 })));
    bench.server.on(HEARTBEAT, beaten({ configVersion: 2 }));
    const aiwm = client();
    await aiwm.connect();
    aiwm.startHeartbeat(20);
    await until(() => aiwm.config?.configVersion === 2);
    expect(bench.server.bodies(CONFIG)).toHaveLength(2);
  });

  test('each command is told once, and its end as resume', async () => {
    const seen: AIWMCommand[] = [];
    const pause = beaten({ lifecycle: 'paused', commands: ['pause'] });
    const stop = beaten({ lifecycle: 'stopped', commands: ['stop'] });
    bench.server.on(HEARTBEAT, beaten(), pause, pause, beaten(), beaten({ commands: [] }), stop);
    const aiwm = client({ onCommand: (command) => seen.push(command) });
    await aiwm.connect();
    aiwm.startHeartbeat(10);
    await until(() => beats().length >= 8);
    expect(seen).toEqual(['pause', 'resume', 'stop']);
  });
});
