import type { Message } from './message.js';

const asText = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value, null, 2);

interface Announced {
  name: string;
  fireAt: Date;
}
interface Words {
  text?: string | undefined;
  data?: Record<string, unknown> | undefined;
}

/** What people are told when a timer fires, as JSON: its name, and what its action says; when it was due where that says nothing. */
export function timerMessage({ name, fireAt }: Announced, { text, data = {} }: Words): string {
  const parts = [
    ...(text === undefined ? [] : [text]),
    ...(Object.keys(data).length === 0 ? [] : [asText(data)]),
  ];
  const message: Message = { title: name, text: parts.join('\n\n') || `Due at ${fireAt.toISOString()}` };
  return JSON.stringify(message);
}
