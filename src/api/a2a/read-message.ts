import type { Message, Part, SendMessageRequest } from '@a2a-js/sdk';
import {
  ContentTypeNotSupportedError,
  PushNotificationNotSupportedError,
  RequestMalformedError,
} from '@a2a-js/sdk/errors';
import { v5 as derivedId } from 'uuid';

/** Any constant does: ids of conversations follow from the message that began them. */
const CONVERSATIONS = 'b3f0c6a1-6f0e-5a53-9d0b-0f6f2f1d6a5e';
const POSSIBLE_KEY = /^[\x21-\x7e]{1,200}$/;

/** A request with its message, which cannot do without. */
export interface Sent {
  message: Message;
  /** Of the request and of the message; the message's goes before. */
  metadata: Record<string, unknown>;
}

export function readSent({ message, metadata, configuration }: SendMessageRequest): Sent {
  if (!message?.messageId) throw new RequestMalformedError('message.messageId is needed');
  if (message.parts.length === 0) throw new RequestMalformedError('message.parts must not be empty');
  if (configuration?.taskPushNotificationConfig)
    throw new PushNotificationNotSupportedError(
      'results are not pushed: wait, read the stream, or ask again',
    );
  return { message, metadata: { ...metadata, ...message.metadata } };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What parts say: their texts, and the fields of their data. */
export function readParts(parts: readonly Part[]): { text: string; data: Record<string, unknown> } {
  const texts: string[] = [];
  const data: Record<string, unknown> = {};
  for (const { content } of parts) {
    if (content?.$case === 'text') texts.push(content.value);
    else if (content?.$case === 'data' && isObject(content.value)) Object.assign(data, content.value);
    else throw new ContentTypeNotSupportedError('parts are text, or data that is an object');
  }
  return { text: texts.join('\n'), data };
}

/** What the sender names a message by: its repeat begins no other task. Null where it cannot be a key. */
export const keyOf = ({ messageId }: Message): string | null =>
  POSSIBLE_KEY.test(messageId) ? `a2a.${messageId}` : null;

/**
 * The body of `POST /tasks` for a message. Data alone is the input of a method, `skill` in the metadata; beside a text
 * without a method it is a part of what is asked.
 */
export function taskWish({ message, metadata }: Sent, agentName: string, orgId: string) {
  const { text, data } = readParts(message.parts);
  const hasData = Object.keys(data).length > 0;
  const method = metadata.skill ?? metadata.method_name;
  const isPrompt = method === undefined || method === 'prompt';
  const prompt = isPrompt && hasData ? [text, JSON.stringify(data)].filter(Boolean).join('\n') : text;
  const { priority, timeout_seconds: seconds } = metadata;
  return {
    agent_name: agentName,
    ...(prompt === '' ? {} : { prompt }),
    ...(isPrompt ? {} : { method_name: method, input: data }),
    session_id: message.contextId || derivedId(`${orgId}/${message.messageId}`, CONVERSATIONS),
    ...(priority === undefined ? {} : { priority }),
    ...(seconds === undefined ? {} : { timeout_seconds: seconds }),
    metadata: { a2a_message_id: message.messageId },
  };
}

/** What a person decides about calls of tools that wait; null for words that decide nothing. */
export function readDecision({ message }: Sent): { verb: 'approve' | 'reject'; body: object } | null {
  const { text, data } = readParts(message.parts);
  const [word = '', ...reasons] = (typeof data.decision === 'string' ? data.decision : text)
    .trim()
    .split(/\s+/);
  const verb = /^approved?$/i.test(word) ? 'approve' : /^reject(?:ed)?$/i.test(word) ? 'reject' : null;
  if (!verb) return null;
  const { tool_call_id, decided_by, reason = reasons.join(' ') || undefined } = data;
  return { verb, body: { tool_call_id, decided_by, reason } };
}
