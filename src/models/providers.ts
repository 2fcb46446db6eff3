import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { LanguageModel } from 'ai';
import type { Candidate } from './models.js';
import { type NamedProvider, PROVIDERS } from './provider-table.js';

/** A plain name would be asked for at a gateway on the Internet. */
type Model = Exclude<LanguageModel, string>;

interface Settings {
  apiKey: string;
  baseURL: string;
  fetch: typeof globalThis.fetch;
}
const NAMED: Record<NamedProvider, (settings: Settings) => (model: string) => Model> = {
  google: createGoogleGenerativeAI,
  anthropic: createAnthropic,
  // By default it would ask for responses, which only OpenAI itself has.
  openai: (settings) => createOpenAI(settings).chat,
};

/** An address without a path gets that of the provider's own. */
function urlOf(provider: NamedProvider, given: string | undefined): string {
  const own = PROVIDERS[provider].ownUrl;
  if (given === undefined || !URL.canParse(given)) return given ?? own;
  const url = new URL(given);
  return url.pathname === '/' ? `${url.origin}${new URL(own).pathname}` : given;
}

/** Base and query of an endpoint that was given as its base or as the whole URL of its chat completions. */
function endpointOf(given: string): { baseURL: string; queryParams?: Record<string, string> } {
  const [path = '', query] = given.split('?', 2);
  const baseURL = path.replace(/\/+$/, '').replace(/\/chat\/completions$/, '');
  return query ? { baseURL, queryParams: Object.fromEntries(new URLSearchParams(query)) } : { baseURL };
}

/** The model as the AI SDK asks it: each provider in its own wire format. */
export function modelOf(candidate: Candidate, fetch: typeof globalThis.fetch): Model {
  const { provider, model, baseUrl, takesSchema } = candidate;
  if (provider === 'custom') {
    const endpoint = endpointOf(baseUrl ?? '');
    const apiKey = candidate.apiKey === null ? {} : { apiKey: candidate.apiKey };
    return createOpenAICompatible({
      ...{ name: 'custom', fetch, includeUsage: true, supportsStructuredOutputs: takesSchema },
      ...endpoint,
      ...apiKey,
    })(model);
  }
  const settings = { apiKey: candidate.apiKey ?? '', baseURL: urlOf(provider, baseUrl), fetch };
  return NAMED[provider](settings)(model);
}
