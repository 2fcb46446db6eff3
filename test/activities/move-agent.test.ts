import { expect, test } from '@jest/globals';
import { createMoveAgent } from '../../src/activities/move-agent.js';
import { getAgent } from '../../src/db/agents.js';
import { readEvents } from '../../src/db/events.js';
import type { AgentRef } from '../../src/messages/agent.js';
import { anAgent, refOf } from '../support/agents.js';
import { describeEachDatabase } from '../support/databases.js';
import { keepLog } from '../support/kept-log.js';

describeEachDatabase('a signalled move', (database) => {
  const { log, lines } = keepLog();
  const told: string[] = [];
  const tell =
    (whom: string) =>
    async ({ agentId }: AgentRef) =>
      void told.push(`${whom} ${agentId}`);
  const move = (agent: AgentRef, verb: 'start' | 'pause' | 'resume' | 'stop') =>
    createMoveAgent({
      ...{ database: database(), log },
      starter: { tellMailbox: tell('mailbox'), tellSupervisor: tell('supervisor') },
    })({ ...agent, verb });

  test('a signal moves an agent as a request does, and whoever works for it hears of that', async () => {
    const row = await anAgent(database(), { handler: { type: 'chat' }, image: 'agent:1' });
    await move(refOf(row), 'start');
    expect((await getAgent(database().db, row.org_id, row.id))?.lifecycle).toBe('running');
    expect(told).toEqual([`mailbox ${row.id}`, `supervisor ${row.id}`]);
    const events = await readEvents(database().db, { orgId: row.org_id, subject: row.id, limit: 10 });
    expect(events.map(({ type }) => type)).toEqual(
      ['agent.started', 'agent.status_changed'].slice(0, events.length),
    );
    expect(events[0]?.type).toBe('agent.started');
  });

  test('a container that ended for good is started again with its agent', async () => {
    const container = {
      ...{ id: 'c1', status: 'failed' as const, exitCode: 1, restarts: 4, error: 'exit code 1' },
      at: '2030-01-31T09:00:00.000Z',
    };
    const row = await anAgent(database(), { image: 'agent:1', lifecycle: 'running', container });
    for (const verb of ['stop', 'start'] as const) await move(refOf(row), verb);
    const started = await getAgent(database().db, row.org_id, row.id);
    expect(started?.container).toMatchObject({ id: 'c1', status: 'restarting', restarts: 0 });
  });

  test('one that is not possible changes nothing, and is logged', async () => {
    const row = await anAgent(database());
    await move(refOf(row), 'resume');
    expect((await getAgent(database().db, row.org_id, row.id))?.lifecycle).toBe('created');
    expect(lines.join('')).toContain('the agent is created: to resume it, it must be paused');
  });

  test('of an agent that was deleted does nothing', async () => {
    const { orgId } = refOf(await anAgent(database()));
    await expect(move({ orgId, agentId: 'gone' }, 'start')).resolves.toBeUndefined();
  });
});
