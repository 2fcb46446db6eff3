import type { Command } from 'commander';
import type { DeliverySummary } from '../../client/index.js';
import { DeliveryStatus } from '../../schemas/delivery.js';
import { choice } from '../choice.js';
import { listing } from '../listing.js';
import { onApi } from '../session.js';
import { DELIVERY } from './delivery-view.js';

interface Filter {
  status?: DeliverySummary['status'];
  timer?: string;
  task?: string;
}

export function addDeliveries(program: Command): void {
  const deliveries = program.command('deliveries').description('what was sent, and what became of it');
  const list = deliveries
    .command('list')
    .description('list deliveries, the newest first')
    .addOption(choice('--status <status>', DeliveryStatus.options))
    .option('--timer <id>', 'of a timer')
    .option('--task <id>', 'of a task');
  listing<DeliverySummary, Filter>(list, DELIVERY, ({ client }, { status, timer, task, limit }) =>
    client.deliveries.list({ status, timerId: timer, taskId: task, limit }),
  );
  onApi(
    deliveries.command('get <id>').description('show a delivery with its attempts'),
    async ({ client, print }, _, id) => print.one(DELIVERY, await client.deliveries.get(id)),
  );
  onApi(
    deliveries
      .command('redeliver <id>')
      .description('send one that has ended once more, with the same bytes'),
    async ({ client, print }, _, id) => print.one(DELIVERY, await client.deliveries.redeliver(id)),
  );
}
