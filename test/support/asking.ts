import { type Ask, createAsk } from '../../src/models/ask.js';
import { ModelError } from '../../src/models/model-error.js';
import type { Candidate, ModelRequest, Provider } from '../../src/models/models.js';
import type { ModelServer } from './model-server.js';

export const config = { LLM_TIMEOUT: 10, LLM_STREAM: true };
export const asking = (over: Partial<typeof config> = {}): Ask =>
  createAsk({ config: { ...config, ...over }, guardedFetch: fetch });

export const MODELS: Record<Provider, string> = {
  google: 'gemini-2.0-flash',
  openai: 'gpt-4o',
  anthropic: 'claude-sonnet-4-5',
  custom: 'mine',
};

/** Candidates on the server that is there when one is made. */
export const candidatesOn =
  (server: () => ModelServer) =>
  (provider: Provider, over: Partial<Candidate> = {}): Candidate => ({
    ...{ provider, model: MODELS[provider], apiKey: 'the-key', isGuarded: false, takesSchema: true },
    baseUrl: provider === 'custom' ? `${server().url}/v1` : server().url,
    ...over,
  });

export const requestOf = (over: Partial<ModelRequest> = {}): ModelRequest => ({
  system: 'You are terse.',
  messages: [{ role: 'user', content: 'hello' }],
  tools: [],
  maxOutput: 500,
  signal: new AbortController().signal,
  ...over,
});

export const WEATHER = {
  name: 'weather.today',
  description: 'Tells the weather',
  inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};

/** What became of asking; anything else than a model's error is a failure of the test. */
export const errorOf = async (asked: Promise<unknown>): Promise<ModelError> => {
  const error = await asked.then(
    () => new Error('it was answered'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ModelError)) throw error;
  return error;
};
