import { useState } from 'preact/hooks';
import type { Event } from '../../client/index.js';
import { useLiveList } from '../live.js';
import { withRecent } from '../news.js';
import { Empty, requestOf } from '../parts/code.js';
import { choicesOf, chosenOf, Tabs } from '../parts/filters.js';
import { PageHead } from '../parts/page-head.js';
import { ListPanel } from '../parts/table.js';
import { EVENT_COLUMNS, familyOf } from './event-row.js';

const FAMILIES = ['timer', 'delivery', 'agent', 'task', 'message', 'broker'] as const;

const EXAMPLE = { url: 'https://your.example.com/hook', types: ['timer.*'] };

function NoEvents() {
  return (
    <Empty title="Nothing happened yet" example={requestOf('/subscriptions', EXAMPLE)}>
      What happens to timers, deliveries, agents, tasks and messages is told here as it happens, and to a URL
      of yours where you ask for it:
    </Empty>
  );
}

/** Events as they come, and those before. */
export function Events() {
  const family = chosenOf(FAMILIES, 'family');
  const [holding, setHolding] = useState<{ family: string | undefined; events: Event[] | undefined }>();
  const filter = family === undefined ? {} : { type: `${family}.*` };
  const live = useLiveList(`events ${family}`, [], (client, limit, signal) =>
    client.events.list({ ...filter, order: 'desc', limit }, { signal }),
  );
  const isMeant = ({ type }: Event) => family === undefined || familyOf(type) === family;
  const events = live.data && withRecent(live.data, isMeant);
  const held = holding?.family === family ? holding?.events : undefined;
  const toggle = (
    <button
      type="button"
      class="button"
      aria-pressed={held !== undefined}
      onClick={() => setHolding(held ? undefined : { family, events })}
    >
      {held ? 'Go on' : 'Pause'}
    </button>
  );
  return (
    <>
      <PageHead
        title="Events"
        actions={toggle}
        about={held ? 'Held as they were; new ones wait.' : undefined}
      />
      <Tabs name="family" label="Family" choices={choicesOf(FAMILIES)} />
      <ListPanel
        label="Events"
        caption="Events, the newest first"
        live={{ ...live, data: held ?? events }}
        columns={EVENT_COLUMNS}
        keyOf={({ id }) => id}
        empty={<NoEvents />}
      />
    </>
  );
}
