import {
  type AgentCard,
  type Message,
  type Part,
  Role,
  type SendMessageRequest,
  type Task,
} from '@a2a-js/sdk';
import {
  type Client,
  ClientFactory,
  ClientFactoryOptions,
  DefaultAgentCardResolver,
  JsonRpcTransportFactory,
} from '@a2a-js/sdk/client';

/** Which revision a client speaks. */
export type Revision = '1.0' | '0.3';

/** The official client at a door: the card is fetched as any client does, with the credential. */
export async function openA2a(
  base: string,
  { key, token, revision = '1.0' }: { key?: string; token?: string; revision?: Revision },
): Promise<Client> {
  const fetchImpl: typeof fetch = (input, init) => {
    const headers = new Headers(init?.headers);
    if (key !== undefined) headers.set('x-api-key', key);
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    return fetch(input, { ...init, headers });
  };
  const card: AgentCard = await new DefaultAgentCardResolver({ fetchImpl }).resolve(`${base}/`);
  const legacy = revision === '0.3' ? { legacyCompat: { enabled: true } } : {};
  const factory = new ClientFactory(
    ClientFactoryOptions.createFrom(ClientFactoryOptions.default, {
      transports: [new JsonRpcTransportFactory({ fetchImpl, ...legacy })],
    }),
  );
  const supportedInterfaces = card.supportedInterfaces.filter(
    ({ protocolVersion }) => protocolVersion === revision,
  );
  return factory.createFromAgentCard({ ...card, supportedInterfaces });
}

export const textPart = (value: string): Part => ({
  ...{ content: { $case: 'text', value }, mediaType: 'text/plain', filename: '', metadata: undefined },
});
export const dataPart = (value: object): Part => ({
  ...{ content: { $case: 'data', value }, mediaType: 'application/json', filename: '', metadata: undefined },
});

/** A request that says something. */
export const saying = (
  parts: Part[],
  { returnImmediately = false, ...over }: Partial<Message> & { returnImmediately?: boolean } = {},
): SendMessageRequest => ({
  tenant: '',
  message: {
    ...{ messageId: crypto.randomUUID(), contextId: '', taskId: '', role: Role.ROLE_USER, parts },
    ...{ metadata: undefined, extensions: [], referenceTaskIds: [], ...over },
  },
  configuration: {
    ...{ acceptedOutputModes: [], taskPushNotificationConfig: undefined, returnImmediately },
  },
  metadata: undefined,
});

/** The task of an answer; throws where it is a message. */
export function taskOf(answer: Message | Task): Task {
  if ('messageId' in answer) throw new Error('this is a message');
  return answer;
}
