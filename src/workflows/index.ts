/** The entry of the workflow bundle. */
export { agent } from './agent.js';
export { broker } from './broker.js';
export { endpoint } from './endpoint.js';
export { eventFeed } from './event-feed.js';
export { mailbox } from './mailbox.js';
export { retention } from './retention.js';
export { supervisor } from './supervisor.js';
export { sweep } from './sweep.js';
export { task } from './task.js';
export { timerHour } from './timer-hour.js';
export { timerWindow } from './timer-window.js';
