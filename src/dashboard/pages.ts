import type { ComponentType } from 'preact';
import { Agents } from './pages/agents.js';
import { Charts } from './pages/charts.js';
import { Deliveries } from './pages/deliveries.js';
import { Events } from './pages/events.js';
import { Messages } from './pages/messages.js';
import { Overview } from './pages/overview.js';
import { Schedules } from './pages/schedules.js';
import { Tasks } from './pages/tasks.js';
import { Timers } from './pages/timers.js';
import type { IconName } from './parts/icon.js';

interface Page {
  /** Its place: `#/timers`. */
  page: string;
  title: string;
  icon: IconName;
  /** A key that is limited to tenants sees what is theirs; the other pages are of the whole organisation. */
  isOfTenants?: boolean;
  Content: ComponentType;
}

/** Every page, in the order of the menu; the first is where one begins. */
export const PAGES: readonly [Page, ...Page[]] = [
  { page: 'overview', title: 'Overview', icon: 'overview', Content: Overview, isOfTenants: true },
  { page: 'timers', title: 'Timers', icon: 'timers', Content: Timers, isOfTenants: true },
  { page: 'tasks', title: 'Tasks', icon: 'tasks', Content: Tasks },
  { page: 'agents', title: 'Agents', icon: 'agents', Content: Agents },
  { page: 'schedules', title: 'Schedules', icon: 'schedules', Content: Schedules },
  { page: 'messages', title: 'Messages', icon: 'messages', Content: Messages },
  { page: 'deliveries', title: 'Deliveries', icon: 'deliveries', Content: Deliveries, isOfTenants: true },
  { page: 'events', title: 'Events', icon: 'events', Content: Events },
  { page: 'charts', title: 'Charts', icon: 'charts', Content: Charts },
];
