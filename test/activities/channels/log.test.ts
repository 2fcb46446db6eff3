import { expect, test } from '@jest/globals';
import { createLogChannel } from '../../../src/activities/channels/log.js';
import { createLog } from '../../../src/log.js';
import { aDelivery, outgoing } from '../../support/deliveries.js';

test('a log delivery is one line that names its timer, and keeps the body with its attempt only', async () => {
  const lines: string[] = [];
  const channel = createLogChannel(createLog('info', { write: (line: string) => void lines.push(line) }));
  const body = '{"note":"for my eyes only"}';
  const result = await channel.deliver(outgoing(aDelivery({ timerId: 'the-timer', channel: 'log', body })));
  expect(result).toEqual({ kind: 'delivered', answer: body });
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ timer: 'the-timer', tenant: 'tenant' }]);
  expect(lines.join()).not.toContain('for my eyes only');
});

test('of a result it names the task instead', async () => {
  const lines: string[] = [];
  const channel = createLogChannel(createLog('info', { write: (line: string) => void lines.push(line) }));
  const ofTask = { timerId: null, tenantId: null, id: 'the-task.result.0', taskId: 'the-task' };
  await channel.deliver(outgoing(aDelivery({ ...ofTask, channel: 'log' })));
  const [line] = lines.map((text) => JSON.parse(text));
  expect(line).toMatchObject({ msg: 'Task ended', task: 'the-task', delivery: 'the-task.result.0' });
  expect(line).not.toHaveProperty('timer');
});
