import type { Timer } from '../../client/index.js';
import type { Column } from '../parts/table.js';
import { Clip } from '../parts/words.js';
import { hrefOf } from '../place.js';

/** Columns of every table of timers. */
export const NAME_OF_TIMER: Column<Timer> = {
  title: 'Name',
  isMain: true,
  cell: ({ id, name }) => (
    <a href={hrefOf('timers', id)}>
      <Clip text={name} />
    </a>
  ),
};
export const TENANT_OF_TIMER: Column<Timer> = {
  title: 'Tenant',
  cell: ({ tenantId }) => <Clip text={tenantId} />,
};
