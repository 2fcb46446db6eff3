import { signal } from '@preact/signals';
import { skewMs } from './wire.js';

const TICK_MS = 1_000;
const serverNow = () => Date.now() + skewMs.peek();

/** The server's moment, in ms since 1970, second by second. */
export const now = signal(serverNow());

setInterval(() => {
  now.value = serverNow();
}, TICK_MS);
