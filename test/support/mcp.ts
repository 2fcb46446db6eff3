import { type CallToolResult, Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

/** Which revision of the protocol a client speaks: `legacy` begins with a handshake, `modern` needs none. */
export type Era = 'legacy' | 'modern';

/** The official client, connected to `/mcp`. */
export interface McpClient {
  client: Client;
  /** What a tool answered; throws its words where it failed. */
  // biome-ignore lint/suspicious/noExplicitAny: what is answered is checked by what is expected of it.
  call(name: string, args?: Record<string, unknown>): Promise<any>;
  /** The words of a tool that fails; throws where it does not. */
  fail(name: string, args?: Record<string, unknown>): Promise<string>;
  names(): Promise<string[]>;
  close(): Promise<void>;
}

/** All that a result says in words. */
export const textOf = ({ content }: CallToolResult): string =>
  content.map((part) => (part.type === 'text' ? part.text : `[${part.type}]`)).join('\n');

export async function openMcp(
  url: string,
  { key, token, headers, era = 'legacy' }: { key?: string; token?: string; headers?: object; era?: Era } = {},
): Promise<McpClient> {
  const credential = {
    ...(key === undefined ? {} : { 'x-api-key': key }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const client = new Client(
    { name: 'a test', version: '1' },
    era === 'modern' ? { versionNegotiation: { mode: 'auto' } } : {},
  );
  const transport = new StreamableHTTPClientTransport(new URL('/mcp', url), {
    requestInit: { headers: { ...credential, ...headers } },
  });
  await client.connect(transport);
  const ask = (name: string, args: Record<string, unknown> = {}) =>
    client.callTool({ name, arguments: args });
  return {
    client,
    async call(name, args) {
      const result = await ask(name, args);
      if (result.isError) throw new Error(`${name}: ${textOf(result)}`);
      return result.structuredContent;
    },
    async fail(name, args) {
      const result = await ask(name, args);
      if (!result.isError) throw new Error(`${name} did not fail: ${textOf(result)}`);
      return textOf(result);
    },
    names: async () => (await client.listTools()).tools.map(({ name }) => name),
    close: () => client.close(),
  };
}
