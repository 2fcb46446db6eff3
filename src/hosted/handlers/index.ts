import type { BuiltinTool } from '../../tools/builtin.js';
import { fetchDocument } from '../../tools/mail/fetch-document.js';
import { postMessage } from '../../tools/mail/post-message.js';
import type { CodedHandler, CodedTool } from '../catalogue.js';
import { chat } from './chat.js';
import { document } from './document.js';
import { support } from './support.js';
import { webhook } from './webhook.js';

const only = (tool: BuiltinTool): ReadonlyMap<string, CodedTool> =>
  new Map([[tool.name, { kind: 'builtin', tool }]]);
const NONE: CodedHandler['tools'] = new Map();

/** The handlers that come with Mainspring. */
export const builtinHandlers: readonly CodedHandler[] = [
  { handler: chat, tools: NONE },
  { handler: support, tools: NONE },
  { handler: document, tools: only(fetchDocument) },
  { handler: webhook, tools: only(postMessage) },
];
