import type { z } from 'zod';
import type { TimerAnswer } from '../../schemas/timer.js';
import type { ToolWish } from './tool.js';

const params = { id: { name: 'timerId', description: 'Of the timer, as create_timer answered it' } };
const ENDED = ['fired', 'cancelled', 'failed'];
const statusOf = (body: unknown) => (body as z.infer<typeof TimerAnswer>).timer.status;

/** Tools for moments that are to come. */
export const timerTools: readonly ToolWish[] = [
  {
    name: 'create_timer',
    title: 'Create a timer',
    route: 'POST /timers',
    inWords: { Effect: 'As an action of actionBundle, but without escalation and not of type timer' },
    reachesOut: true,
    description:
      'Makes something happen later, or again and again: at the due moment the actions of actionBundle run (call a webhook, give an agent a task, send a message, tell people, start another timer, send a signal, write a log line). Use it for reminders, timeouts, delays and follow-ups that must survive restarts. Give exactly one of duration ("15m", "2h") and fireAt. tenantId and requestedBy are labels of yours: whom it is for and who asks.',
  },
  {
    name: 'get_timer',
    title: 'Look at a timer',
    route: 'GET /timers/:id',
    params,
    description:
      'How a timer is now: when it is due, its status (scheduled, firing, fired, cancelled, failed) and what became of its deliveries. To wait for its end use wait_for_timer.',
  },
  {
    name: 'list_timers',
    title: 'List timers',
    route: 'GET /timers',
    description:
      'Timers, the newest first, by status, tenant, name, who asked or due time. Use it to find the id of a timer that you did not create in this conversation.',
  },
  {
    name: 'wait_for_timer',
    title: 'Wait for a timer',
    route: 'GET /timers/:id',
    params,
    waits: {
      byDefault: '45s',
      hasCome: (body) => ENDED.includes(statusOf(body)),
      soFar: (body) => `The timer is ${statusOf(body)}`,
    },
    description:
      'Waits until a timer has fired, failed or was cancelled, and answers it. Where it has not ended in the time given it answers it as it is: call it again to go on waiting.',
  },
  {
    name: 'move_timer',
    title: 'Give a timer another due time',
    route: 'POST /timers/:id/reschedule',
    params,
    isIdempotent: true,
    description:
      'Puts a timer that has not fired off, or brings it forward: exactly one of duration (counted from now) and fireAt.',
  },
  {
    name: 'reset_timer',
    title: 'Start a timer anew',
    route: 'POST /timers/:id/reset',
    params,
    description:
      'Starts the duration of a timer that has not fired anew from now: how a watchdog is told that all is well.',
  },
  {
    name: 'cancel_timer',
    title: 'Cancel a timer',
    route: 'POST /timers/:id/cancel',
    params,
    isDestructive: true,
    isIdempotent: true,
    description:
      'Cancels a timer that has not fired: it never calls. Of a repeating timer no further occurrence. One that is cancelled already answers the same.',
  },
  {
    name: 'fire_timer',
    title: 'Fire a timer now',
    route: 'POST /timers/:id/fire',
    params,
    reachesOut: true,
    description: 'Makes a timer that has not fired due at once: its actions run now instead of later.',
  },
];
