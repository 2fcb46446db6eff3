import { signal } from '@preact/signals';

/** Whether anybody can see the board: a tab in the background asks for nothing, and holds no connection. */
export const isShown = signal(!document.hidden);

document.addEventListener('visibilitychange', () => {
  isShown.value = !document.hidden;
});
