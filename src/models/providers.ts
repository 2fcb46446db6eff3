import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { LanguageModel } from 'ai';
import type { Candidate, Provider } from './models.js';

/** A plain name would be asked for at a gateway on the Internet. */
type Model = Exclude<LanguageModel, string>;

/** Always given: the libraries would look for addresses and keys in the environment of the process. */
const OWN_URLS: Record<Exclude<Provider, 'custom'>, string> = {
  google: 'https://generativelanguage.googleapis.com/v1beta',
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com/v1',
};

/** An address without a path gets that of the provider's own. */
function urlOf(provider: Exclude<Provider, 'custom'>, given: string | undefined): string {
  const own = OWN_URLS[provider];
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
  if (provider === 'google') return createGoogleGenerativeAI(settings)(model);
  if (provider === 'anthropic') return createAnthropic(settings)(model);
  // By default it would ask for responses, which only OpenAI itself has.
  return createOpenAI(settings).chat(model);
}
