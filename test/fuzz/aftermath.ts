import { TimerAnswer } from '../../src/schemas/timer.js';

/** What is wrong with the product after all that. */
export async function ailments(url: string, hasEnded: () => boolean): Promise<string[]> {
  if (hasEnded()) return ['the product has ended'];
  const body = { tenantId: 'after', requestedBy: 'fuzz', name: 'after all' };
  const headers = { 'x-api-key': 'mnt_demo_key_pro', 'content-type': 'application/json' };
  const create = (given: object) =>
    fetch(`${url}/timers`, { method: 'POST', headers, body: JSON.stringify({ ...body, ...given }) });
  const created = await create({ duration: '400d' });
  const soon = await create({ duration: '3s', actionBundle: { actions: [{ type: 'log' }] } });
  const { id } = TimerAnswer.parse(await soon.json()).timer;
  const waited = await fetch(`${url}/timers/${id}?wait=20s`, { headers });
  const { status } = TimerAnswer.parse(await waited.json()).timer;
  const ready = await fetch(`${url}/readyz`);
  const live = await (await fetch(`${url}/livez`)).text();
  return [
    ...(created.status === 201 ? [] : [`a timer after all that is answered ${created.status}`]),
    ...(status === 'fired' ? [] : [`a timer after all that is ${status}, not fired`]),
    ...(ready.ok ? [] : [`it is not ready: ${await ready.text()}`]),
    // A polluted prototype would show in an answer without fields of its own.
    ...(live === '{"status":"ok"}' ? [] : [`its simplest answer is ${live}`]),
  ];
}
