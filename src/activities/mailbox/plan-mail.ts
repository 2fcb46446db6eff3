import type { AgentRow } from '../../db/agents.js';
import type { MessageRow } from '../../db/messages.js';
import type { NewTask } from '../../db/tasks.js';
import { type Catalogue, type CodedHandler, definitionOf, methodsOf } from '../../hosted/catalogue.js';
import { handlerMethod } from '../../hosted/handler-code.js';
import { envelopeOf } from '../../mailboxes/envelope.js';
import type { HandledMessage } from '../../plugin/define-handler.js';
import { type FieldError, fieldErrors } from '../../schemas/field-errors.js';
import { Prompt } from '../../schemas/task.js';
import { prepareAssignment } from '../../tasks/prepare-task.js';

type Work = Pick<NewTask, 'method' | 'prompt' | 'input' | 'priority' | 'userId' | 'sessionId'>;

/** What a message asks of its agent, or why nothing can be made of it: now, or for good. */
export type PlannedMail =
  | { kind: 'ready'; work: Work }
  | { kind: 'refused'; error: string }
  | { kind: 'failed'; error: string };

type Handled = Pick<AgentRow, 'handler' | 'definition'>;
type Code = Pick<Catalogue, 'agents' | 'handlers'>;

/** An agent with code of its own that was sent no call of a method is talked to. */
const TALK = 'chat';
const NOBODY = { userId: null, sessionId: null };
const NORMAL = 5;
const MOST_TOLD = 10;

const failed = (error: string): PlannedMail => ({ kind: 'failed', error });
const inWords = (errors: readonly FieldError[]): string =>
  errors
    .slice(0, MOST_TOLD)
    .map(({ path, message }) => `${path} ${message}`.trim())
    .join('; ');

function byHandler({ handler }: CodedHandler, message: HandledMessage): PlannedMail {
  const parsed = handler.payload.safeParse(message.payload);
  if (!parsed.success)
    return failed(
      inWords(
        fieldErrors(parsed.error).map(({ path, message: wrong }) => ({
          path: path === '' ? 'payload' : `payload.${path}`,
          message: wrong,
        })),
      ),
    );
  const payload = parsed.data;
  const common = {
    priority: handler.priorityOf(payload),
    userId: handler.userOf(payload),
    sessionId: handler.sessionOf(payload),
  };
  if (handler.work.kind === 'code')
    return {
      kind: 'ready',
      work: { method: handlerMethod(handler.name), prompt: null, input: { ...message }, ...common },
    };
  const prompt = Prompt.safeParse(handler.work.prompt({ ...message, payload: { ...payload } }));
  if (!prompt.success) return failed('what its handler asks the model must have 1 to 200,000 characters');
  return { kind: 'ready', work: { method: null, prompt: prompt.data, input: {}, ...common } };
}

/** Of an agent with code and no handler: the type of a message may name one of its methods. */
function byDefinition(catalogue: Code, agent: Handled, message: HandledMessage): PlannedMail {
  const definition = definitionOf(catalogue, agent);
  const takesAny = definition?.hooks.onExecute !== undefined && Object.keys(definition.methods).length === 0;
  if (takesAny || methodsOf(definition).some(({ name }) => name === message.type)) {
    const asked = { method: message.type, prompt: null, input: message.payload };
    const prepared = prepareAssignment(catalogue, agent, asked);
    if (prepared.kind === 'ready')
      return { kind: 'ready', work: { ...prepared.assignment, priority: NORMAL, ...NOBODY } };
    const errors = prepared.errors.map(({ path, message: wrong }) => ({
      path: path.replace(/^input\b/, 'payload'),
      message: wrong,
    }));
    return failed(inWords(errors));
  }
  const talk = catalogue.handlers.get(TALK);
  return talk ? byHandler(talk, message) : failed(`its agent has no method ${message.type}`);
}

/** What a message asks of an agent whose messages are handled here. What code of a plugin throws is why it fails. */
export function planMail(catalogue: Code, agent: Handled, row: MessageRow): PlannedMail {
  const message: HandledMessage = envelopeOf(row);
  try {
    if (!agent.handler) return byDefinition(catalogue, agent, message);
    const { type } = agent.handler;
    const coded = catalogue.handlers.get(type);
    if (coded) return byHandler(coded, message);
    const error = `no worker has the code of the handler ${type}: is its plugin in MAINSPRING_PLUGINS?`;
    // Another worker may have it.
    return { kind: 'refused', error };
  } catch (error) {
    return failed(`its handler failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}
