import type { DeliverySummary } from '../../client/index.js';
import { Act, type ActProps, type Shape } from '../parts/act.js';

interface RedeliverProps extends Shape {
  delivery: Pick<DeliverySummary, 'id' | 'channel' | 'receiver' | 'status'>;
}

/** It has arrived once: whoever gets it again has to see that it is the same. */
const question = ({ receiver }: RedeliverProps['delivery']): ActProps['ask'] => ({
  title: 'Send it once more?',
  confirm: 'Redeliver',
  body: <p>{receiver} has taken it already. It comes again under the same id, with the same bytes.</p>,
});

/** Sends a delivery that has ended once more. */
export function RedeliverAct({ delivery, ...shape }: RedeliverProps) {
  const { id, channel, status } = delivery;
  if (status === 'pending') return null;
  return (
    <div class="buttons">
      <Act
        name="Redeliver"
        of={`${channel} ${id}`}
        {...shape}
        ask={status === 'delivered' ? question(delivery) : undefined}
        run={async (client) => {
          await client.deliveries.redeliver(id);
          return 'It is sent once more.';
        }}
      />
    </div>
  );
}
