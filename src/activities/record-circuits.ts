import type { Db } from '../db/database.js';
import type { ReceiverKey } from '../db/deliveries.js';
import { type EndpointRow, holdEndpoints, writeEndpoints } from '../db/endpoints.js';
import { isOperatorsOwn } from '../domain/channel-target.js';
import { afterFailure, afterSuccess, type Circuit, CLOSED } from '../domain/circuit.js';
import { type Outcome, wasAttempted } from './plan-outcome.js';
import { verdictOf } from './verdict.js';

/** What is known of a receiver, from its row. */
export function circuitOf(row: EndpointRow | undefined): Circuit {
  if (!row) return CLOSED;
  const { state, failures } = row;
  const failingSince = row.failing_since?.getTime() ?? 0;
  if (state === 'off') return { state, failures, failingSince };
  if (state === 'open')
    return { state, failures, failingSince, openedUntil: row.opened_until?.getTime() ?? 0 };
  return { state, failures, failingSince: row.failing_since && failingSince };
}

const toRow = ({ orgId, receiver }: ReceiverKey, circuit: Circuit): EndpointRow => ({
  org_id: orgId,
  receiver,
  state: circuit.state,
  failures: circuit.failures,
  failing_since: circuit.failingSince === null ? null : new Date(circuit.failingSince),
  opened_until: circuit.state === 'open' ? new Date(circuit.openedUntil) : null,
});

const keyOf = (orgId: string, receiver: string) => `${orgId} ${receiver}`;

/** Brings receivers' circuits up to date with what attempts came to. Answers those that are switched off by it. */
export async function recordCircuits(
  tx: Db,
  outcomes: readonly Outcome[],
  now: number,
): Promise<ReceiverKey[]> {
  const attempted = outcomes.filter(wasAttempted);
  const receivers = new Map(
    attempted.map(({ delivery: { orgId, receiver } }) => [keyOf(orgId, receiver), { orgId, receiver }]),
  );
  const rows = await holdEndpoints(tx, [...receivers.values()]);
  const before = new Map(rows.map((row) => [keyOf(row.org_id, row.receiver), circuitOf(row)]));
  const after = new Map(before);
  for (const { delivery, result } of attempted) {
    const key = keyOf(delivery.orgId, delivery.receiver);
    const verdict = verdictOf(result);
    const isOurs = isOperatorsOwn(delivery.receiver);
    if (verdict === 'works') after.set(key, afterSuccess());
    if (verdict === 'fails') after.set(key, afterFailure(after.get(key) ?? CLOSED, now, { isOurs }));
  }
  const changed = [...receivers].flatMap(([key, receiver]) => {
    const was = before.get(key) ?? CLOSED;
    const circuit = after.get(key) ?? CLOSED;
    return circuit === was ? [] : [{ receiver, was, circuit }];
  });
  await writeEndpoints(
    tx,
    changed.map(({ receiver, circuit }) => toRow(receiver, circuit)),
  );
  return changed
    .filter(({ was, circuit }) => circuit.state === 'off' && was.state !== 'off')
    .map(({ receiver }) => receiver);
}
