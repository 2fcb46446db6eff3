import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort } from '../../src/engine/port.js';
import { createLog } from '../../src/log.js';
import { tellingRuntime } from '../support/engine.js';
import { runAgents } from '../support/secrets/agents.js';
import { misuse } from '../support/secrets/misuse.js';
import { type SecretRun, startSecretRun } from '../support/secrets/run.js';
import {
  fireTimers,
  keepSchedules,
  keepTimers,
  plantOpenly,
  redeliver,
  signalTimers,
  subscribe,
  watchCredentials,
} from '../support/secrets/steps.js';
import { runTasks } from '../support/secrets/tasks.js';
import { look, VIEWS } from '../support/secrets/views.js';

/** Everything that this process logs, at level debug, what the Temporal SDK says included. */
const lines: string[] = [];
const log = createLog('debug', { write: (line: string) => void lines.push(line) });
const metricsPort = await freePort();
tellingRuntime(log, metricsPort);

let run: SecretRun;
let views: Record<string, string> = {};

/** Where what was said in tasks is meant to stand. */
const OF_TASKS = [
  'the answers to another key',
  ...[
    'tasks',
    'task_messages',
    'task_stages',
    'model_calls',
    'tool_calls',
    'agent_memories',
    'notifications',
    // Results on their way.
    'deliveries',
  ].map((table) => `the table ${table}`),
];

/** Begins with nothing to be seen. */
async function start(hasPayloadKeys: boolean): Promise<void> {
  lines.length = 0;
  views = {};
  run = await startSecretRun({ log, metricsPort, hasPayloadKeys });
}

/** What was planted openly, what was signalled and what was said in tasks counts by itself. */
type Kind = 'secret' | 'open' | 'signalled' | 'said';

/** The places of the secrets that a view shows. */
function found(view: string, which: Kind): string[] {
  const text = views[view];
  if (text === undefined) throw new Error(`${view} was not looked at`);
  const kindOf = (place: string) => /^(?:open|signalled|said)(?=: )/.exec(place)?.[0] ?? 'secret';
  return run.canaries.foundIn(text).filter((place) => kindOf(place) === which);
}

describe('secrets that callers give', () => {
  beforeAll(async () => {
    await start(false);
    const key = await watchCredentials(run);
    await subscribe(run);
    await fireTimers(run);
    await keepTimers(run);
    await keepSchedules(run);
    await misuse(run);
    await redeliver(run);
    await runAgents(run);
    await runTasks(run);
    await plantOpenly(run);
    await signalTimers(run);
    views = await look(run, key, lines);
  }, 120_000);
  afterAll(() => run.close(), 60_000);

  test('are many', () => {
    expect(run.canaries.places().length).toBeGreaterThan(200);
  });

  test.each(VIEWS)('are not in %s', (view) => {
    expect(found(view, 'secret')).toEqual([]);
  });

  test('are in no table that is not named here', () => {
    const tables = Object.keys(views).filter((view) => !VIEWS.includes(view));
    expect(tables.flatMap((table) => found(table, 'secret'))).toEqual([]);
  });

  test('reach whom they are for', () => {
    const arrived = run.canaries.foundIn(run.webhooks.received());
    const meant =
      /^(?:an action|an action that fails|an echo|an escalation|a started timer|a chat|a card|an echoed card|.*credentials.*),|^a subscription.*\?|^a result.*, (?:\?|token|path|sig)/;
    const missed = run.canaries.places().filter((place) => meant.test(place) && !arrived.includes(place));
    expect(missed).toEqual([]);
  });

  test('would be seen: what is no secret is found wherever it stands', () => {
    const both = expect.arrayContaining(['open: a tenant', 'open: a name']);
    expect(found('the log at level debug', 'open')).toEqual(['open: a tenant']);
    for (const view of [
      'the answers to another key',
      'the table timers',
      'the table deliveries',
      'the table events',
    ])
      expect(found(view, 'open')).toEqual(both);
    expect(views['the metrics']).toMatch(/mainspring_delivery_attempts_total[\s\S]*temporal_/);
  });

  test('what is said in tasks stands in their rows and answers, and nowhere else', () => {
    const said = run.canaries.places().filter((place) => place.startsWith('said: '));
    expect(new Set(OF_TASKS.flatMap((view) => found(view, 'said')))).toEqual(new Set(said));
    expect(found('the answers to another key', 'said').length).toBeGreaterThan(5);
    const elsewhere = Object.keys(views).filter((view) => !OF_TASKS.includes(view));
    expect(elsewhere.flatMap((view) => found(view, 'said').map((place) => `${view}: ${place}`))).toEqual([]);
  });

  test('stand in the history where another service signals them, and nowhere else', () => {
    const signalled = run.canaries.places().filter((place) => place.startsWith('signalled: '));
    expect(found('the histories of all workflows', 'signalled')).toEqual(signalled);
    const elsewhere = VIEWS.filter((view) => !view.includes('histories'));
    expect(elsewhere.flatMap((view) => found(view, 'signalled'))).toEqual([]);
  });
});

describe('with PAYLOAD_KEYS', () => {
  beforeAll(async () => {
    await start(true);
    const key = await watchCredentials(run);
    await signalTimers(run);
    await plantOpenly(run);
    views = await look(run, key, lines);
  }, 120_000);
  afterAll(() => run.close(), 60_000);

  test.each(VIEWS)('what another service signals is not in %s', (view) => {
    expect([...found(view, 'secret'), ...found(view, 'signalled')]).toEqual([]);
  });

  test('histories are there, encrypted', () => {
    expect(views['the histories of all workflows']).toMatch(/timerWindow[\s\S]*binary\/encrypted/);
  });
});
