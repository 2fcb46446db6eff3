import type { ModelMessage } from 'ai';

/** Names that a provider takes and ours, either way. */
export interface ToolNames {
  outward(name: string): string;
  inward(name: string): string;
}

/** All providers take these; of ours some begin with a digit or hold dots. */
const TAKEN = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;
const MOST_LENGTH = 60;
const plain = (name: string) => `_${name.replaceAll(/[^A-Za-z0-9_-]/g, '_')}`.slice(0, MOST_LENGTH);

export function toolNames(names: readonly string[]): ToolNames {
  const outward = new Map<string, string>();
  const inward = new Map<string, string>(
    names.filter((name) => TAKEN.test(name)).map((name) => [name, name]),
  );
  for (const name of names.filter((one) => !TAKEN.test(one))) {
    let alias = plain(name);
    for (let count = 2; inward.has(alias); count++) alias = `${plain(name)}_${count}`;
    inward.set(alias, name);
    outward.set(name, alias);
  }
  return {
    // In what was said may stand tools that are not offered any more, or never were.
    outward: (name) => outward.get(name) ?? (TAKEN.test(name) ? name : plain(name)),
    inward: (name) => inward.get(name) ?? name,
  };
}

/** The conversation with the names of its tools put otherwise. */
export function renamed(messages: readonly ModelMessage[], rename: (name: string) => string): ModelMessage[] {
  const part = <P extends { type: string }>(one: P): P =>
    (one.type === 'tool-call' || one.type === 'tool-result') && 'toolName' in one
      ? { ...one, toolName: rename(String(one.toolName)) }
      : one;
  return messages.map((message) => {
    if (message.role === 'tool') return { ...message, content: message.content.map(part) };
    if (message.role !== 'assistant' || typeof message.content === 'string') return message;
    return { ...message, content: message.content.map(part) };
  });
}
