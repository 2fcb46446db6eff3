import { expect, test } from '@jest/globals';
import { dueMoments } from '../../src/db/windows.js';
import { windowOf } from '../../src/domain/owner.js';
import { restoreOwners } from '../../src/worker/restore-owners.js';
import { openTestContext } from '../support/api.js';
import { silentLog } from '../support/databases.js';
import { openTestEngine } from '../support/engine.js';
import { startMainspring } from '../support/mainspring.js';

const LIMIT_MS = 90_000;

test(
  'after Temporal was lost, timers get their owners again before they are due',
  async () => {
    const mainspring = await startMainspring();
    const durations = ['40s', '41s', '30m', '5h', '5h', '400d'];
    const made = await Promise.all(durations.map((duration) => mainspring.createTimer({ duration })));
    const moments = await dueMoments(mainspring.database.db, new Date());
    const distinct = new Set(
      made.map(({ fireAt }, index) => {
        const at = new Date(fireAt);
        return index < 3 ? windowOf(at).getTime() : Math.floor(at.getTime() / 3_600_000);
      }),
    );
    expect(moments).toHaveLength(distinct.size);
    expect(moments[0]?.fireAt.toISOString()).toBe(made[0]?.fireAt);

    const empty = await openTestEngine();
    const env = { TEMPORAL_NAMESPACE: empty.namespace };
    const context = await openTestContext({ env, database: mainspring.database });
    expect(await restoreOwners({ ...context, log: silentLog })).toBe(moments.length);
    const [first] = made;
    const { workflowId } = context.starter.runOf('demo', new Date(first?.fireAt ?? 0));
    expect((await empty.client.workflow.getHandle(workflowId).describe()).status.name).toBe('RUNNING');
    // The sweep runs in the namespace of the first: nothing was lost there.
    expect(await restoreOwners({ ...context, client: mainspring.client })).toBe(0);
    context.starter.close();
    await context.connection.close();
    await mainspring.close();
    await empty.close();
  },
  LIMIT_MS,
);
